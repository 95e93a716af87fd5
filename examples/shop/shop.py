"""A shop: shows what its customers earned, reports its sales exactly once, and hears of new customers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated, Any

import anyio
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel
from starlette.routing import Route

from partnero_async import AsyncPartnero, NotFoundError, PartneroError, Ref, Sale
from partnero_async.outbox import ConflictingSaleError, SalesOutbox
from partnero_async.webhooks import (
    CustomerCreated,
    Event,
    Receiver,
    SQLiteSeenStore,
    TransactionCreated,
    WebhookEndpoint,
)


class Order(BaseModel):
    """What was bought."""

    number: str
    customer: str
    amount: Decimal


class Shop:
    """What lives as long as the application."""

    def __init__(self, partnero: AsyncPartnero, outbox: SalesOutbox) -> None:
        self.partnero = partnero
        self.outbox = outbox
        self.greeted: list[str] = []
        self.earned: dict[str, Decimal] = {}

    async def handle(self, event: Event) -> None:
        """What is to be done when Partnero tells of something; twice does no more than once."""
        match event:
            case CustomerCreated(data=customer) if customer.key and customer.key not in self.greeted:
                self.greeted.append(customer.key)
            case TransactionCreated(data=sale) if sale.key:
                self.earned[sale.key] = sum(
                    (reward.amount or Decimal(0) for reward in sale.rewards), Decimal(0)
                )
            case _:
                pass


def shop_of(request: Request) -> Shop:
    """The shop of a request."""
    shop: Shop = request.app.state.shop
    return shop


ShopOf = Annotated[Shop, Depends(shop_of)]


def make_app(partnero: AsyncPartnero | None = None, folder: str = ".") -> FastAPI:
    """The application.

    Args:
        partnero: The client that it uses; one made from the environment if None.
        folder: Where it keeps its files.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        client = partnero or AsyncPartnero(deadline=5, preload=True)
        async with client, SalesOutbox(client, os.path.join(folder, "outbox.db")) as outbox:
            app.state.shop = Shop(client, outbox)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(outbox.run)
                yield
                outbox.stop()
        await endpoint.aclose()

    app = FastAPI(lifespan=lifespan)

    async def handle(event: Event) -> None:
        await app.state.shop.handle(event)

    endpoint = WebhookEndpoint(
        Receiver(os.environ["PARTNERO_WEBHOOK_SECRET"]),
        handle,
        seen=SQLiteSeenStore(os.path.join(folder, "webhooks.db")),
    )
    app.routes.append(Route("/webhooks/partnero", endpoint))

    @app.get("/customers/{key}")
    async def show_customer(key: str, shop: ShopOf) -> dict[str, Any]:
        try:
            customer = await shop.partnero.customers.get(key)
        except NotFoundError:
            raise HTTPException(404, "no such customer") from None
        except PartneroError:
            raise HTTPException(502, "Partnero does not answer as expected") from None
        return {"key": customer.key, "email": customer.email}

    @app.post("/orders", status_code=202)
    async def take_order(order: Order, shop: ShopOf) -> dict[str, str]:
        sale = Sale(key=order.number, amount=order.amount, customer=Ref(key=order.customer))
        try:
            entry = await shop.outbox.record(sale)
        except ConflictingSaleError:
            raise HTTPException(409, "another order has this number") from None
        return {"number": order.number, "reported": entry.state.value}

    return app
