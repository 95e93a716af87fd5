"""The fields of a referral link in a request, whoever owns it (sources.md#partner-referral-links)."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ._checks import check_id, check_text
from ._fields import changes, check_ref, flags, strings, when_given, without_unset
from .ref import Ref
from .unset import UNSET, Unset

__all__ = ["link_changes", "new_link"]


def new_link(
    owner: str, ref: Ref, key: str, domain_id: int | Unset | None, is_additional: bool | Unset | None
) -> dict[str, Any]:
    """The body that creates a link; ``owner`` is the field that says whose it is."""
    return {
        owner: check_ref(owner, ref).to_body(),
        "key": check_text("key", key),
        **flags(is_additional=UNSET if is_additional is None else is_additional),
        **_domain(domain_id, is_additional),
    }


def link_changes(
    *,
    new_key: str | Unset,
    domain_id: int | Unset | None,
    is_additional: bool | Unset,
    direct_tracking: bool | Unset,
    direct_tracking_redirect: bool | Unset,
    direct_tracking_redirect_url: str | Unset | None,
) -> dict[str, Any]:
    """The body that changes a link: flat, and not in camelCase as the PHP client sends it."""
    return changes(
        key=when_given(check_text, "new_key", new_key),
        **flags(
            is_additional=is_additional,
            direct_tracking=direct_tracking,
            direct_tracking_redirect=direct_tracking_redirect,
        ),
        **strings(direct_tracking_redirect_url=direct_tracking_redirect_url),
        **_domain(domain_id, is_additional),
    )


def _domain(domain_id: int | Unset | None, is_additional: bool | Unset | None) -> dict[str, Any]:
    if domain_id is UNSET or domain_id is None:
        return without_unset(domain_id=domain_id)
    named = {"domain_id": check_id("domain_id", domain_id)}
    if is_additional is UNSET or is_additional is None:
        raise ArgumentError("domain_id needs is_additional beside it")
    return named
