"""What a request says of a sale, in affiliate and in refer-a-friend programs."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from .. import replies
from ..calls import Call
from ..fields import Fields
from ..jsontext import Json
from ..replies import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What is to be recorded of a sale; `reward` takes the place of what it would earn."""

    amount: Decimal
    reward: Decimal | None = None
    key: str | None = None
    action: str | None = None
    amount_units: str | None = None
    created_at: str | None = None
    earns: bool = True
    product: dict[str, Json] = field(default_factory=dict[str, Json])


def read(fields: Fields) -> Sale:
    """Read a sale; what nothing ever answers is checked and dropped."""
    amount, reward = fields.number("amount"), fields.number("reward")
    if amount is None and reward is None:
        fields.complain("amount", "The amount field is required when reward is not present.")
    for name in ("status", "discount_code"):
        fields.text(name)
    for name in ("discount_amount", "gross_amount"):
        fields.number(name)
    return Sale(
        amount=amount if amount is not None else Decimal(0),
        reward=reward,
        key=fields.text("key"),
        action=fields.text("action"),
        amount_units=fields.text("amount_units"),
        created_at=fields.moment("created_at"),
        earns=fields.flag("rewardable", True) and not fields.flag("rewarded", False),
        product=_product(fields),
    )


def create(
    call: Call,
    buyer: Callable[[Call, Fields], sqlite3.Row],
    record: Callable[[sqlite3.Row, Sale], dict[str, object]],
) -> Reply:
    """Record the sale that the body is of, or the several sales of one buyer that are in it."""
    body = Fields(call.body)
    in_bulk = body.raw("transactions") is not None
    read_sales = [read(fields) for fields in (body.sections("transactions") if in_bulk else [body])]
    row = buyer(call, body)
    body.finish()
    recorded = [record(row, sale) for sale in read_sales]
    return replies.created(recorded if in_bulk else recorded[0])


def first(fields: Fields) -> Sale | None:
    """The sale that a new customer may bring along."""
    transaction = fields.section("transaction")
    return read(transaction) if transaction else None


def _product(fields: Fields) -> dict[str, Json]:
    """What was sold; shops send strings, integers or arrays of them for several products at once."""
    product: dict[str, Json] = {}
    for name in ("product_id", "product_type"):
        value = fields.raw(name)
        if value is None:
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, bool) or not isinstance(item, str | int):
                fields.complain(name, f"The {name} must be a string.")
                break
        else:
            product[name] = value
    return product
