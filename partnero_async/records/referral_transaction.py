"""A sale to a referred customer, in a refer-a-friend program."""

from __future__ import annotations

from datetime import datetime

import attrs

from ._base import DecimalOrText, Record, named_in_json
from .transaction import TransactionReward

__all__ = ["ReferralTransaction"]


@attrs.frozen(kw_only=True)
class ReferralTransaction(Record):
    """A sale, or another action worth a reward, in a refer-a-friend program.

    In a request, ``customer`` is who bought; in the answer, ``customer`` is who referred the buyer. The
    fields here say which is which.
    """

    key: str | None
    """Your own identifier of the sale. Partnero does not keep it unique, and it may be null."""

    action: str | None = None
    """What happened, ``sale`` by preference."""

    amount: DecimalOrText | None = None
    """The amount in major units (99.99, never cents)."""

    referrer: str | None = named_in_json("customer")
    """The id of the customer who referred the buyer and is rewarded: ``customer`` in JSON."""

    referred: str | None = named_in_json("referred_customer")
    """The id of the customer who bought: ``referred_customer`` in JSON."""

    credit: bool | None = None
    """Whether the amount is a credit."""

    is_currency: bool | None = None
    """Whether the unit is a currency."""

    amount_units: str | None = None
    """The unit of the amount, usually a currency code such as ``USD``."""

    created_at: datetime | None = None
    """When the sale happened (UTC)."""

    deleted_at: datetime | None = None
    """When the transaction was archived (UTC), if so; not in the published example."""

    rewards: tuple[TransactionReward, ...] = ()
    """What the sale earned the referrer; none when it earned nothing."""
