"""A customer of an affiliate program."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import attrs

from ._base import Record, Word

__all__ = ["Customer", "CustomerStatus", "Tag"]


class CustomerStatus(Word):
    """The statuses that are known; Partnero publishes no full set, so others stay strings."""

    ACTIVE = "active"
    """A customer in good standing."""


@attrs.frozen(kw_only=True)
class Tag(Record):
    """A label on a customer or partner: sent as a string, returned as an object."""

    value: str
    """The label itself."""


@attrs.frozen(kw_only=True)
class Customer(Record):
    """Somebody whom a partner brought, in an affiliate program."""

    identified_by: ClassVar[str | None] = "key"

    key: str
    """Your own identifier of the customer."""

    partner: str | None = None
    """The id of the referring partner: its ``id`` even when it was named by referral key."""

    deleted: bool | None = None
    """Whether the customer is archived (soft-deleted)."""

    name: str | None = None
    """First name."""

    surname: str | None = None
    """Last name."""

    email: str | None = None
    """E-mail address."""

    status: CustomerStatus | str | None = None
    """The status; None in the items of lists, which Partnero sends without it."""

    tags: tuple[Tag, ...] | None = None
    """The tags, in no particular order; None in the items of lists, which Partnero sends without them."""

    created_at: datetime | None = None
    """When the customer was created (UTC)."""

    updated_at: datetime | None = None
    """When the customer was last changed (UTC)."""

    deleted_at: datetime | None = None
    """When the customer was archived (UTC), if so."""
