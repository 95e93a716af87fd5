"""Coupons, which give a discount (sources.md#coupons)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from .._http.endpoint import Endpoint, nothing, one_in_envelope, page_of
from ..bulk.many import ManyByKey
from ..errors import ArgumentError
from ..inputs._checks import check_amount, check_several, check_text
from ..inputs._fields import changes, flags, strings, when_given, without_unset
from ..inputs.coupon import NewPromotionCode, check_code, check_day, check_mapping, limit, positive
from ..inputs.options import Options
from ..inputs.unset import UNSET, Unset
from ..lists.pager import Pager
from ..records.coupon import Coupon, CouponDiscountType, CouponDurationType
from ._base import Resource

__all__ = ["Coupons"]

LONGEST_UUID_CODE: Final = 255
LASTING: Final = ("hours", "days", "months", "years")

LIST: Final = Endpoint("GET", "/coupons", page_of(Coupon), programs="A R? L?", sources="D V P2 S")
CREATE: Final = Endpoint("POST", "/coupons", one_in_envelope(Coupon), programs="A R? L?", sources="D V P2 S")
GET: Final = Endpoint(
    "GET", "/coupons/{uuid_code}", one_in_envelope(Coupon), programs="A R? L?", sources="D P2 S"
)
UPDATE: Final = Endpoint("PUT", "/coupons", one_in_envelope(Coupon), programs="A R? L?", sources="D P2")
DELETE: Final = Endpoint("DELETE", "/coupons/{uuid_code}", nothing, programs="A R? L?", sources="D P2 S")


class Coupons(Resource, ManyByKey[str, Coupon]):
    """The coupons of a program; ``partnero.coupons``. Customers redeem them with promotion codes.

    Every method may raise any ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def get(self, uuid_code: str, /, *, options: Options | None = None) -> Coupon:
        """One coupon. ``GET /coupons/{uuid_code}`` (documented).

        Args:
            uuid_code: The identifier of the coupon.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such coupon.
            ArgumentError: The identifier is empty, blank, ``.`` or ``..``.
        """
        return await self._call(GET, uuid_code, options=options)

    def list(self, *, limit: int = 100, page: int = 1, options: Options | None = None) -> Pager[Coupon]:
        """Coupons, page by page, with their promotion codes. ``GET /coupons`` (documented).

        Args:
            limit: Items a page, 1 to 250; only 10 to 100 is valid according to all sources.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: A number is out of its bounds.
        """
        return self._list(LIST, limit=limit, page=page, options=options)

    async def create(
        self,
        *,
        coupon_discount_type: CouponDiscountType | Literal["percent", "static"],
        coupon_discount_amount: Decimal | int,
        coupon_duration_type: CouponDurationType
        | Literal["once", "hours", "days", "months", "years", "lifetime"],
        coupon_duration_value: int | Unset = UNSET,
        uuid_code: str | Unset = UNSET,
        name: str | Unset = UNSET,
        active: bool | Unset = UNSET,
        redemption_specific_date_value: date | Unset = UNSET,
        redemption_times_value: int | Unset = UNSET,
        promotion_codes: Iterable[NewPromotionCode] | Unset = UNSET,
        metadata: Mapping[str, Any] | Unset = UNSET,
        sync_provider: str | Unset = UNSET,
        options: Options | None = None,
    ) -> Coupon:
        """Adds a coupon. ``POST /coupons`` (documented).

        Args:
            coupon_discount_type: ``percent`` of the price, or ``static``, major units.
            coupon_discount_amount: The discount; 0 to 100 for percent.
            coupon_duration_type: ``once``, ``hours``, ``days``, ``months``, ``years`` or ``lifetime``.
            coupon_duration_value: For how many hours, days, months or years; needed with these.
            uuid_code: Your own identifier: letters, digits, ``-`` and ``_``, 255 at most; generated if left
                out.
            name: The name; the identifier if left out.
            active: Whether the coupon is in use; older documentation demands it.
            redemption_specific_date_value: The last day on which the coupon can be redeemed.
            redemption_times_value: How many times it can be redeemed.
            promotion_codes: Codes that are created alongside.
            metadata: Your own data, as JSON values.
            sync_provider: Where the coupon is created too: ``stripe``, ``shopify``, ``woocommerce`` or
                ``paddle``; it must be connected to the program.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            The coupon; its ``synchronization`` says whether the provider has it too.

        Raises:
            ValidationError: The identifier is taken, a value is malformed, or the provider is not connected.
            ArgumentError: A value is out of its bounds, or the duration lacks its value.
            TypeError: The discount is a float.
        """
        if check_amount("coupon_discount_amount", coupon_discount_amount) < 0 or (
            coupon_discount_type == "percent" and coupon_discount_amount > 100
        ):
            raise ArgumentError(
                "coupon_discount_amount must not be negative, and 100 at most if it is percent,"
                f" not {coupon_discount_amount}"
            )
        if coupon_duration_type in LASTING and coupon_duration_value is UNSET:
            raise ArgumentError(
                f"coupon_duration_type {str(coupon_duration_type)!r} needs coupon_duration_value"
            )
        body = without_unset(
            uuid_code=UNSET if uuid_code is UNSET else _uuid_code(uuid_code),
            **strings(name=name),
            **flags(active=active),
            coupon_discount_type=check_text("coupon_discount_type", coupon_discount_type),
            coupon_discount_amount=coupon_discount_amount,
            coupon_duration_type=check_text("coupon_duration_type", coupon_duration_type),
            coupon_duration_value=when_given(positive, "coupon_duration_value", coupon_duration_value),
            **limit(
                "redemption_specific_date",
                when_given(check_day, "redemption_specific_date_value", redemption_specific_date_value),
            ),
            **limit(
                "redemption_times", when_given(positive, "redemption_times_value", redemption_times_value)
            ),
            promotion_codes=when_given(_codes, "promotion_codes", promotion_codes),
            metadata=when_given(check_mapping, "metadata", metadata),
            sync=UNSET
            if sync_provider is UNSET
            else {"provider": check_text("sync_provider", sync_provider)},
        )
        return await self._call(CREATE, body=body, options=options)

    async def update(
        self,
        uuid_code: str,
        /,
        *,
        name: str | Unset = UNSET,
        active: bool | Unset = UNSET,
        metadata: Mapping[str, Any] | Unset = UNSET,
        options: Options | None = None,
    ) -> Coupon:
        """Changes a coupon. ``PUT /coupons`` (documented).

        Args:
            uuid_code: The identifier of the coupon.
            name: New name.
            active: Whether the coupon is in use; only clients of third parties and an older one of the
                vendor's send it.
            metadata: Your own data, as JSON values.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            The coupon; its ``synchronization`` says whether the provider has it too.

        Raises:
            NotFoundError: There is no such coupon.
            ValidationError: A value is malformed.
            ArgumentError: There is nothing to change.
        """
        update = changes(
            **strings(name=name),
            **flags(active=active),
            metadata=when_given(check_mapping, "metadata", metadata),
        )
        body = {"uuid_code": check_text("uuid_code", uuid_code), **update}
        return await self._call(UPDATE, body=body, options=options)

    async def delete(self, uuid_code: str, /, *, options: Options | None = None) -> None:
        """Deletes a coupon. ``DELETE /coupons/{uuid_code}`` (documented, the path by official clients).

        Args:
            uuid_code: The identifier of the coupon.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such coupon.
            ArgumentError: The identifier is empty, blank, ``.`` or ``..``.
        """
        await self._call(DELETE, uuid_code, options=options)


def _uuid_code(value: object) -> str:
    return check_code("uuid_code", value, most=LONGEST_UUID_CODE)


def _codes(name: str, value: object) -> list[dict[str, Any]]:
    codes = list(check_several(name, value))
    for code in codes:
        if not isinstance(code, NewPromotionCode):
            raise TypeError(f"{name} must hold NewPromotionCode items, not {type(code).__name__}")
    return [code.to_body() for code in codes]
