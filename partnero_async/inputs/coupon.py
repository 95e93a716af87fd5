"""What coupons and promotion codes are made from (sources.md#coupons, sources.md#promotion-codes)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

import attrs

from ..errors import ArgumentError
from ._checks import check_count, check_json, check_text
from ._fields import flags, when_given, without_unset
from .unset import UNSET, Unset

__all__ = ["CodeHolder", "NewPromotionCode"]

_CODE = re.compile(r"[A-Za-z0-9_-]+")


@attrs.frozen(kw_only=True)
class CodeHolder:
    """The one partner, customer or subscriber whom a promotion code is for.

    Raises:
        ArgumentError: A value is empty or blank.
        TypeError: A value is not a string.
    """

    id: str
    """The id of the partner, customer or subscriber."""

    full_name: str
    """The whole name, which Partnero wants beside the id."""

    def __attrs_post_init__(self) -> None:
        self.to_body("")

    def to_body(self, prefix: str) -> dict[str, str]:
        """The object that stands for this person; its name has a prefix but for a partner's."""
        return {
            "id": check_text("id", self.id),
            f"{prefix}full_name": check_text("full_name", self.full_name),
        }


def _copied(value: Any) -> Any:
    """A mapping of one's own to the bottom, so that what was checked is what is sent."""
    if not isinstance(value, Mapping):
        return value
    given = cast("Mapping[str, Any]", value)
    try:
        return _copy(given)
    except RecursionError:
        return given  # it is refused when the code is made


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copy(item) for name, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_copy(item) for item in cast("Sequence[Any]", value)]
    return value


@attrs.frozen(kw_only=True)
class NewPromotionCode:
    """A promotion code as it is handed in, alone or together with its coupon.

    Raises:
        ArgumentError: A value is out of its bounds.
        TypeError: A value is of another type.
    """

    code: str | Unset = UNSET
    """The code: letters, digits, ``-`` and ``_``, 100 at most; generated if left out."""

    first_time_order: bool | Unset = UNSET
    """Whether it is for a customer's first order only."""

    partner: CodeHolder | Unset = UNSET
    """The one partner to whom it belongs."""

    customer: CodeHolder | Unset = UNSET
    """The one customer whom it is for."""

    subscriber: CodeHolder | Unset = UNSET
    """The one subscriber whom it is for."""

    minimum_order_value: int | Unset = UNSET
    """The least value of an order, a whole number of major units."""

    expiration_date_value: date | Unset = UNSET
    """The day on which it expires."""

    redemption_times_value: int | Unset = UNSET
    """How many times it can be redeemed."""

    metadata: Mapping[str, Any] | Unset = attrs.field(default=UNSET, converter=_copied, hash=False)
    """Your own data, as JSON values."""

    def __attrs_post_init__(self) -> None:
        self.to_body()

    def to_body(self) -> dict[str, Any]:
        """The fields of the request: where a limit is given, so is the field that switches it on."""
        return {
            **without_unset(code=when_given(check_code, "code", self.code)),
            **flags(first_time_order=self.first_time_order),
            **limited_to("partner", self.partner),
            **limited_to("customer", self.customer),
            **limited_to("subscriber", self.subscriber),
            **limit("minimum_order", when_given(_natural, "minimum_order_value", self.minimum_order_value)),
            **limit(
                "expiration_date", when_given(check_day, "expiration_date_value", self.expiration_date_value)
            ),
            **limit(
                "redemption_times",
                when_given(positive, "redemption_times_value", self.redemption_times_value),
            ),
            **without_unset(metadata=when_given(check_mapping, "metadata", self.metadata)),
        }


def limited_to(kind: str, holder: CodeHolder | Unset) -> dict[str, Any]:
    """The pair of fields that gives a promotion code to one person."""
    if holder is UNSET:
        return {}
    if not isinstance(holder, CodeHolder):
        raise TypeError(f"{kind} must be a CodeHolder, not {type(holder).__name__}")
    return {
        f"limit_to_specific_{kind}": True,
        f"coupon_specific_{kind}s": holder.to_body("" if kind == "partner" else f"{kind}_"),
    }


def limit(name: str, value: Any) -> dict[str, Any]:
    """The pair of fields of a limit: whether it is in force, and its value."""
    return {} if value is UNSET else {f"{name}_status": True, f"{name}_value": value}


def check_code(name: str, value: object, *, most: int = 100) -> str:
    """``value`` if it can be the code of a promotion or a coupon."""
    code = check_text(name, value)
    if not _CODE.fullmatch(code) or len(code) > most:
        raise ArgumentError(f"{name} must be of letters, digits, - and _, {most} at most")
    return code


def check_day(name: str, value: object) -> str:
    """A day as Partnero takes it: ``2025-05-31``."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError(f"{name} must be a date, not {type(value).__name__}")
    return value.isoformat()


def check_mapping(name: str, value: object) -> dict[str, Any]:
    """``value`` if it is a mapping of JSON values by names that are strings."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a mapping, not {type(value).__name__}")
    given = cast("Mapping[str, Any]", value)
    try:
        check_json(name, given)
    except RecursionError:
        raise ArgumentError(f"{name} is nested too deeply") from None
    return dict(given)


def _natural(name: str, value: object) -> int:
    return check_count(name, value, least=0)


def positive(name: str, value: object) -> int:
    return check_count(name, value, least=1)
