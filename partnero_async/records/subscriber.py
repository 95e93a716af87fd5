"""A subscriber of a newsletter with a referral program."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

import attrs

from ._base import Record, Word

__all__ = ["Subscriber", "SubscriberStatus"]


class SubscriberStatus(Word):
    """The statuses that are known; others stay strings.

    Partnero takes them in lower case and returns them capitalised (sources.md#subscribers).
    """

    ACTIVE = "active"
    """Gets the newsletter."""

    REJECTED = "rejected"
    """Was turned down."""

    SUSPENDED = "suspended"
    """Does not get the newsletter for now."""

    @classmethod
    def spellings(cls) -> Mapping[str, Self]:
        """The known words, capitalised or not."""
        return {spelling: member for member in cls for spelling in (member.value, member.capitalize())}


@attrs.frozen(kw_only=True)
class Subscriber(Record):
    """A subscriber of a newsletter."""

    identified_by: ClassVar[str | None] = "email"

    email: str
    """E-mail address, unique in the program."""

    id: str | None = None
    """The identifier: that of your e-mail service, the e-mail address, or None, as the program has it."""

    name: str | None = None
    """The name."""

    is_referred: bool | None = None
    """Whether another subscriber referred this one."""

    tos: bool | None = None
    """Whether the terms of service were accepted."""

    marketing_consent: bool | None = None
    """Whether marketing was agreed to."""

    status: SubscriberStatus | str | None = None
    """The status."""

    approved: bool | None = None
    """Whether the subscriber is approved."""

    portal_link: str | None = None
    """The page where the subscriber sees referrals and rewards."""

    share_link: str | None = None
    """The link that the subscriber hands out."""

    referrals_count: int | None = None
    """How many subscribers this one referred."""

    reward: tuple[Any, ...] = ()
    """The rewards that the subscriber reached; every published example is empty."""

    created_at: datetime | None = None
    """When the subscriber was created (UTC)."""

    updated_at: datetime | None = None
    """When the subscriber was last changed (UTC); only in the items of lists."""

    deleted_at: datetime | None = None
    """When the subscriber was deleted (UTC), if so; only in the items of lists."""
