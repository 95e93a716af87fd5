"""A sale and the commissions that it earned, in an affiliate program."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from ._base import EMPTY, DecimalOrText, Record, Word, frozen_collection

__all__ = ["Transaction", "TransactionReward", "TransactionRewardStatus"]


class TransactionRewardStatus(Word):
    """The statuses that are known; Partnero publishes no full set, so others stay strings."""

    OK = "ok"
    """The reward stands."""


@attrs.frozen(kw_only=True)
class TransactionReward(Record):
    """A commission that a transaction earned for a partner."""

    key: str | None = None
    """The key of the transaction; a reward has no identifier of its own here."""

    action: str | None = None
    """The action of the transaction, such as ``sale``."""

    status: TransactionRewardStatus | str | None = None
    """The status of the reward."""

    customer: str | None = None
    """The key of the customer."""

    partner: str | None = None
    """The id of the partner who earns it."""

    amount: DecimalOrText | None = None
    """The commission in major units, unrounded: 29.997 stays 29.997."""

    amount_units: str | None = None
    """The unit of the amount, usually a currency code such as ``USD``."""

    is_currency: bool | None = None
    """Whether the unit is a currency."""

    credit: bool | None = None
    """Whether the reward is a credit."""

    created_at: datetime | None = None
    """When the reward was created (UTC)."""

    deleted_at: datetime | None = None
    """When the reward was archived (UTC), if so."""

    product_type_data: Mapping[str, Any] | tuple[Any, ...] = attrs.field(
        default=EMPTY, converter=frozen_collection
    )
    """The product that decided the commission: ``product_id`` and ``product_type``, or empty."""


@attrs.frozen(kw_only=True)
class Transaction(Record):
    """A sale, or another action worth a commission."""

    key: str | None
    """Your own identifier of the sale. Partnero does not keep it unique, and it may be null."""

    action: str | None = None
    """What happened, ``sale`` by preference."""

    amount: DecimalOrText | None = None
    """The amount in major units (99.99, never cents)."""

    partner: str | None = None
    """The id of the partner who is rewarded."""

    customer: str | None = None
    """The key of the customer who bought."""

    credit: bool | None = None
    """Whether the amount is a credit."""

    is_currency: bool | None = None
    """Whether the unit is a currency."""

    amount_units: str | None = None
    """The unit of the amount, usually a currency code such as ``USD``."""

    created_at: datetime | None = None
    """When the sale happened (UTC)."""

    deleted_at: datetime | None = None
    """When the transaction was archived (UTC), if so."""

    rewards: tuple[TransactionReward, ...] = ()
    """The commissions that the sale earned; none when it earned nothing."""
