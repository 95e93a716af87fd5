"""The ways in which a partner can be paid, each with the details that it needs, which no repr shows."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

import attrs

from ..errors import ArgumentError
from ._checks import check_text
from ._fields import strings
from .unset import UNSET, Unset

__all__ = ["Crypto", "Gateway", "PayPal", "Venmo", "Wise"]


@attrs.frozen(kw_only=True)
class PayPal:
    """Pays to a PayPal account."""

    gateway: ClassVar[str] = "paypal"
    """What Partnero calls this way to be paid."""

    username: str = attrs.field(repr=False)
    """The e-mail address of the account."""

    name: str | Unset = attrs.field(default=UNSET, repr=False)
    """The name of the payee."""

    address: str | Unset = attrs.field(default=UNSET, repr=False)
    """The address of the payee."""

    tax_id: str | Unset = attrs.field(default=UNSET, repr=False)
    """The tax number of the payee."""

    def __attrs_post_init__(self) -> None:
        self.to_settings()

    def to_settings(self) -> dict[str, Any]:
        """The ``payout_settings`` of the request."""
        check_text("username", self.username)
        return strings(username=self.username, name=self.name, address=self.address, tax_id=self.tax_id)


@attrs.frozen(kw_only=True)
class Crypto:
    """Pays to a wallet."""

    gateway: ClassVar[str] = "crypto"
    """What Partnero calls this way to be paid."""

    wallet_address: str = attrs.field(repr=False)
    """The address of the wallet."""

    type: str | Unset = UNSET
    """The coin, such as ``USDT``; the program must support it."""

    name: str | Unset = attrs.field(default=UNSET, repr=False)
    """The name of the payee."""

    def __attrs_post_init__(self) -> None:
        self.to_settings()

    def to_settings(self) -> dict[str, Any]:
        """The ``payout_settings`` of the request."""
        check_text("wallet_address", self.wallet_address)
        return strings(wallet_address=self.wallet_address, type=self.type, name=self.name)


@attrs.frozen(kw_only=True)
class Venmo:
    """Pays to a Venmo account, named by exactly one of user handle, e-mail address and phone number."""

    gateway: ClassVar[str] = "venmo"
    """What Partnero calls this way to be paid."""

    name: str = attrs.field(repr=False)
    """The name on the account."""

    user_handle: str | Unset = attrs.field(default=UNSET, repr=False)
    """The user handle of the account."""

    email: str | Unset = attrs.field(default=UNSET, repr=False)
    """The e-mail address of the account."""

    phone: str | Unset = attrs.field(default=UNSET, repr=False)
    """The phone number of the account."""

    def __attrs_post_init__(self) -> None:
        self.to_settings()

    def to_settings(self) -> dict[str, Any]:
        """The ``payout_settings`` of the request."""
        recipient = strings(user_handle=self.user_handle, email=self.email, phone=self.phone)
        if len(recipient) != 1:
            found = " and ".join(recipient) or "none of them"
            raise ArgumentError(f"Venmo takes exactly one of user_handle, email and phone, not {found}")
        (way, value), *_ = recipient.items()
        return {
            "recipient_type": way.upper(),
            way: check_text(way, value),
            "name": check_text("name", self.name),
        }


@attrs.frozen(kw_only=True)
class Wise:
    """Pays by Wise; the partner has saved the bank details, which cannot be sent."""

    gateway: ClassVar[str] = "wise"
    """What Partnero calls this way to be paid."""

    def to_settings(self) -> dict[str, Any]:
        """The ``payout_settings`` of the request: none."""
        return {}


Gateway: TypeAlias = PayPal | Crypto | Venmo | Wise
"""Any of the ways in which a partner can be paid."""
