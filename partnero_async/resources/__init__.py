"""What Partnero can be asked: one file per noun, one method per action."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeGuard

from .._http.wire import Endpoint

__all__ = ["all_endpoints", "find_endpoint"]


@cache
def all_endpoints() -> tuple[Endpoint[Any], ...]:
    """Every declared endpoint, in the order of the resource files."""
    from . import (
        connection,
        customers,
        leads,
        partner_referral_links,
        partners,
        payout_requests,
        program,
        settings,
        transactions,
        webhooks,
    )

    modules = (
        connection,
        program,
        partners,
        partner_referral_links,
        customers,
        transactions,
        leads,
        payout_requests,
        settings,
        webhooks,
    )
    declared: list[Any] = [value for module in modules for value in vars(module).values()]
    return tuple(value for value in declared if _is_endpoint(value))


def find_endpoint(method: str, segments: tuple[str, ...]) -> Endpoint[Any] | None:
    """The declared endpoint that a method and the segments of a path belong to, if there is one."""
    candidates = [
        endpoint
        for endpoint in all_endpoints()
        if endpoint.method == method and _matches(endpoint.path.split("/")[1:], segments)
    ]
    # A literal path wins over a placeholder that would take its last segment for a key.
    return min(candidates, key=lambda endpoint: endpoint.path.count("{"), default=None)


def _is_endpoint(value: object) -> TypeGuard[Endpoint[Any]]:
    return isinstance(value, Endpoint)


def _matches(template: list[str], segments: tuple[str, ...]) -> bool:
    return len(template) == len(segments) and all(
        part.startswith("{") or part == segment for part, segment in zip(template, segments, strict=True)
    )
