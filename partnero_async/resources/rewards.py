"""The milestones of newsletters' referral programs (sources.md#rewards)."""

from __future__ import annotations

from typing import Final

from .._http.endpoint import Endpoint, one, page_of
from ..bulk.many import ManyByKey
from ..inputs._checks import check_count, check_id, check_text
from ..inputs._fields import strings, when_given, without_unset
from ..inputs.options import Options
from ..inputs.unset import UNSET, Unset
from ..lists.pager import Pager
from ..records.reward import Reward, RewardFulfillment
from ._base import Resource

__all__ = ["Rewards"]

LIST: Final = Endpoint("GET", "/rewards", page_of(Reward), programs="L", sources="V")
CREATE: Final = Endpoint("POST", "/rewards", one(Reward), programs="L", sources="V")
GET: Final = Endpoint("GET", "/rewards/{id}", one(Reward), programs="L", sources="V")


class Rewards(Resource, ManyByKey[int, Reward]):
    """What subscribers of a newsletter get for referring others; ``partnero.rewards``.

    No source knows of a way to change or delete one. Every method may raise any ``PartneroError``; what is
    listed with each is what it adds to them.
    """

    async def get(self, id: int, /, *, options: Options | None = None) -> Reward:
        """One reward. ``GET /rewards/{id}`` (documented).

        Args:
            id: The id of the reward.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such reward.
            TypeError: The id is not an integer.
        """
        return await self._call(GET, str(check_id("id", id)), options=options)

    def list(self, *, limit: int = 100, page: int = 1, options: Options | None = None) -> Pager[Reward]:
        """Rewards, page by page. ``GET /rewards`` (documented).

        Args:
            limit: Items a page, 1 to 250.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: A number is out of its bounds.
        """
        return self._list(LIST, limit=limit, page=page, options=options)

    async def create(
        self,
        *,
        name: str,
        description: str | Unset | None = UNSET,
        subscribers_count: int | Unset = UNSET,
        fulfillment_type: RewardFulfillment | str | Unset = UNSET,
        fulfillment_value: str | Unset | None = UNSET,
        options: Options | None = None,
    ) -> Reward:
        """Adds a reward. ``POST /rewards`` (documented).

        Args:
            name: The name.
            description: The description.
            subscribers_count: How many referrals it takes; ``subscriber_count`` in the record.
            fulfillment_type: How it is given: ``url_link``, ``generic_coupon`` or ``amazon_gift_card``.
            fulfillment_value: What is given: the link, or the code of the coupon.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: A value is malformed.
            ArgumentError: The name is empty or blank, or the count is below 1.
        """
        body = without_unset(
            name=check_text("name", name),
            **strings(description=description),
            subscribers_count=when_given(_positive, "subscribers_count", subscribers_count),
            fulfillment_type=when_given(check_text, "fulfillment_type", fulfillment_type),
            **strings(fulfillment_value=fulfillment_value),
        )
        return await self._call(CREATE, body=body, options=options)


def _positive(name: str, value: object) -> int:
    return check_count(name, value, least=1)
