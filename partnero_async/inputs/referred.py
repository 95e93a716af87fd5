"""A customer of a refer-a-friend program that comes along with its first sale."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import attrs

from ..errors import ArgumentError
from ._checks import check_text
from ._fields import check_ref, moment, strings, when_given, without_unset
from .ref import Ref
from .unset import UNSET, Unset

__all__ = ["NewReferredCustomer"]


@attrs.frozen(kw_only=True)
class NewReferredCustomer:
    """A customer that is created together with its first sale, unless there is one with this identifier.

    Raises:
        ArgumentError: None of id, key and email is given, one is empty or blank, or the Ref is by e-mail.
        TypeError: A value is of another type.
    """

    id: str | Unset = UNSET
    """The private identifier, unique in the program."""

    key: str | Unset = UNSET
    """The public identifier, which the referral link carries, unique in the program."""

    email: str | Unset = UNSET
    """E-mail address."""

    referring_customer: Ref[Literal["id", "key"]] | Unset = UNSET
    """Who referred the customer, by id or key; nobody did if left out."""

    name: str | Unset | None = UNSET
    """First name."""

    surname: str | Unset | None = UNSET
    """Last name."""

    created_at: datetime | int | Unset = UNSET
    """When the customer signed up: a datetime with a time zone, or a Unix time in seconds."""

    def __attrs_post_init__(self) -> None:
        self.to_body()

    def to_body(self) -> dict[str, Any]:
        """The object that stands for this customer in a request."""
        named = without_unset(
            id=when_given(check_text, "id", self.id),
            key=when_given(check_text, "key", self.key),
            email=when_given(check_text, "email", self.email),
        )
        if not named:
            raise ArgumentError("a new customer needs an id, a key or an email")
        return (
            named
            | strings(name=self.name, surname=self.surname)
            | without_unset(
                created_at=when_given(moment, "created_at", self.created_at),
                referring_customer=UNSET
                if self.referring_customer is UNSET
                else check_ref("referring_customer", self.referring_customer, "id", "key").to_body(),
            )
        )
