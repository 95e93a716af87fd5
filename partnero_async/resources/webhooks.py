"""Webhook subscriptions (sources.md#webhook-subscriptions)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .._http.endpoint import Endpoint, nothing, one, page_of
from ..bulk.many import ManyByKey
from ..errors import ArgumentError
from ..inputs._checks import check_several, check_text, check_url
from ..inputs._fields import changes, flags, when_given, without_unset
from ..inputs.options import Options
from ..inputs.unset import UNSET, Unset
from ..lists.pager import Pager
from ..records.webhook import WebhookEventName, WebhookSubscription
from ._base import Resource

__all__ = ["WebhookSubscriptions"]

LIST: Final = Endpoint("GET", "/webhooks", page_of(WebhookSubscription), programs="A R L", sources="D V P S")
CREATE: Final = Endpoint("POST", "/webhooks", one(WebhookSubscription), programs="A R L", sources="D V P N S")
GET: Final = Endpoint(
    "GET",
    "/webhooks/{key}",
    one(WebhookSubscription),
    programs="A R L",
    sources="P N S",
    confidence="official client",
)
UPDATE: Final = Endpoint(
    "PUT", "/webhooks/{key}", one(WebhookSubscription), programs="A R L", sources="D P S"
)
DELETE: Final = Endpoint(
    "DELETE", "/webhooks/{key}", nothing, programs="A R L", sources="P N S", confidence="official client"
)


class WebhookSubscriptions(Resource, ManyByKey[str, WebhookSubscription]):
    """The webhook subscriptions of a program of any type; ``partnero.webhooks``.

    Every method may raise any ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def get(self, key: str, /, *, options: Options | None = None) -> WebhookSubscription:
        """One subscription. ``GET /webhooks/{key}`` (official clients).

        Args:
            key: The key of the subscription.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such subscription.
            ArgumentError: The key is empty, blank, ``.`` or ``..``.
        """
        return await self._call(GET, key, options=options)

    def list(
        self, *, limit: int = 100, page: int = 1, options: Options | None = None
    ) -> Pager[WebhookSubscription]:
        """Subscriptions, page by page. ``GET /webhooks`` (documented).

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
        name: str,
        url: str,
        events: Iterable[WebhookEventName | str],
        key: str | Unset = UNSET,
        is_active: bool | Unset = UNSET,
        options: Options | None = None,
    ) -> WebhookSubscription:
        """Subscribes a URL to events. ``POST /webhooks`` (documented).

        Args:
            name: What it is called; the n8n node keeps to 100 characters.
            url: Where deliveries go.
            events: At least one event; those that the type of the program does not have are refused.
            key: Your own identifier; generated if left out.
            is_active: Whether deliveries begin at once; they do if left out.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            The subscription; its ``signature`` is the secret to verify deliveries with.

        Raises:
            ValidationError: A value is malformed, or the program does not have an event.
            ArgumentError: There are no events, or the URL is none.
        """
        body = {
            "name": check_text("name", name),
            "url": check_url("url", url),
            "events": _event_names("events", events),
            **without_unset(key=when_given(check_text, "key", key)),
            **flags(is_active=is_active),
        }
        return await self._call(CREATE, body=body, options=options)

    async def update(
        self,
        key: str,
        /,
        *,
        name: str | Unset = UNSET,
        url: str | Unset = UNSET,
        events: Iterable[WebhookEventName | str] | Unset = UNSET,
        is_active: bool | Unset = UNSET,
        options: Options | None = None,
    ) -> WebhookSubscription:
        """Changes a subscription; its secret stays. ``PUT /webhooks/{key}`` (documented).

        Args:
            key: The key of the subscription.
            name: What it is called.
            url: Where deliveries go.
            events: All events that are to be delivered from now on.
            is_active: Whether anything is delivered.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such subscription.
            ValidationError: A value is malformed, or the program does not have an event.
            ArgumentError: There is nothing to change, there are no events, or the URL is none.
        """
        body = changes(
            name=when_given(check_text, "name", name),
            url=when_given(check_url, "url", url),
            events=when_given(_event_names, "events", events),
            **flags(is_active=is_active),
        )
        return await self._call(UPDATE, key, body=body, options=options)

    async def delete(self, key: str, /, *, options: Options | None = None) -> None:
        """Ends a subscription. ``DELETE /webhooks/{key}`` (official clients).

        Args:
            key: The key of the subscription.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such subscription.
        """
        await self._call(DELETE, key, options=options)


def _event_names(name: str, events: Iterable[WebhookEventName | str]) -> list[str]:
    names = [str(check_text("an event", event)) for event in check_several(name, events)]
    if not names:
        raise ArgumentError("a subscription needs at least one event")
    return names
