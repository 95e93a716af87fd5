"""The links that partners hand out, and the domains that they can be made on."""

from __future__ import annotations

from typing import ClassVar

import attrs

from ._base import Record

__all__ = ["LinkDomain", "ReferralLink"]


@attrs.frozen(kw_only=True)
class ReferralLink(Record):
    """A link that leads to the program's site and says who sent the visitor."""

    identified_by: ClassVar[str | None] = "key"

    key: str
    """The referral key, which the link carries."""

    id: str | None = None
    """The identifier that the paths take; it equals the key in every published example."""

    url: str | None = None
    """The link itself."""

    default: bool | None = None
    """Whether it is the default link of its owner."""

    is_additional: bool | None = None
    """Whether it is on an additional domain of the program."""

    direct_tracking: bool | None = None
    """Whether visits are tracked without the key in the URL."""

    direct_tracking_redirect: bool | None = None
    """Whether visitors are sent on."""

    direct_tracking_redirect_url: str | None = None
    """Where visitors are sent on to."""


@attrs.frozen(kw_only=True)
class LinkDomain(Record):
    """A domain that referral links can be made on."""

    identified_by: ClassVar[str | None] = "domain"

    domain: str
    """The domain, with a path where it has one."""

    id: int | None = None
    """The identifier for ``domain_id``; None for the default domain."""

    url: str | None = None
    """What the links on it begin with; the key follows."""

    is_additional: bool | None = None
    """Whether it is an additional domain."""
