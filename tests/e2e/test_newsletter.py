"""A whole newsletter program, driven through the SDK against the sandbox over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from partnero_async import AsyncPartnero, NotFoundError, Ref, ValidationError
from partnero_async.records import RewardFulfillment, SubscriberStatus
from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.server import running

pytestmark = pytest.mark.asyncio

PROGRAMS = [f"program_{number}" for number in range(20)]
ANN = "ann@example.com"


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A sandbox with empty programs, so that every test has its own."""
    sandbox = Sandbox(api_keys=dict.fromkeys(PROGRAMS, "newsletter"))
    with running(sandbox) as url:
        yield url
    sandbox.close()


@pytest.fixture(scope="module")
def unused() -> Iterator[str]:
    """The API keys of the programs that no test has had yet."""
    return iter(PROGRAMS)


@pytest_asyncio.fixture
async def partnero(base_url: str, unused: Iterator[str]) -> AsyncIterator[AsyncPartnero]:
    async with AsyncPartnero(next(unused), base_url=base_url, strict=True) as client:
        yield client


async def everything(pager: Any) -> list[Any]:
    return [record async for record in pager]


async def test_a_subscriber_is_made_read_changed_and_deleted(partnero: AsyncPartnero) -> None:
    made = await partnero.subscribers.create(
        email=ANN,
        id="s1",
        name="Ann",
        tos=True,
        marketing_consent=False,
        approved=True,
        status=SubscriberStatus.ACTIVE,
    )
    assert (made.id, made.email, made.status) == ("s1", ANN, SubscriberStatus.ACTIVE)
    assert (made.tos, made.marketing_consent, made.is_referred, made.reward) == (True, False, False, ())
    for name in ("s1", ANN):
        assert (await partnero.subscribers.get(name)).email == ANN
    changed = await partnero.subscribers.update(Ref(id="s1"), name="Anne", status="suspended")
    assert (changed.name, changed.status) == ("Anne", SubscriberStatus.SUSPENDED)
    moved = await partnero.subscribers.update(Ref(email=ANN), new_email="anne@example.com")
    assert moved.email == "anne@example.com"
    await partnero.subscribers.delete(Ref(email="anne@example.com"))
    with pytest.raises(NotFoundError, match="Subscriber not found"):
        await partnero.subscribers.get("s1")


async def test_what_partnero_returned_can_be_sent_back(partnero: AsyncPartnero) -> None:
    made = await partnero.subscribers.create(email=ANN, status="rejected")
    assert made.status is SubscriberStatus.REJECTED
    same = await partnero.subscribers.update(Ref(email=ANN), status=made.status)
    assert same.status is SubscriberStatus.REJECTED


async def test_an_address_is_taken_once(partnero: AsyncPartnero) -> None:
    await partnero.subscribers.create(email=ANN)
    with pytest.raises(ValidationError):
        await partnero.subscribers.create(email=ANN)


async def test_referrals_are_counted_and_listed(partnero: AsyncPartnero) -> None:
    await partnero.subscribers.create(email=ANN, id="s1")
    await partnero.subscribers.create(email="bob@example.com", referral=Ref(id="s1"))
    await partnero.subscribers.create(email="cid@example.com", referral=Ref(email=ANN))
    assert (await partnero.subscribers.get("s1")).referrals_count == 2
    referred = await everything(partnero.subscribers.list(refer_status="referred"))
    others = await everything(partnero.subscribers.list(refer_status="non_referred"))
    assert {one.email for one in referred} == {"bob@example.com", "cid@example.com"}
    assert [one.email for one in others] == [ANN]
    assert [one.email for one in await everything(partnero.subscribers.search(id="s1"))] == [ANN]
    with pytest.raises(ValidationError):
        await partnero.subscribers.create(email="dan@example.com", referral=Ref(id="nobody"))


async def test_a_milestone_triggers_once_when_its_count_is_reached(partnero: AsyncPartnero) -> None:
    reward = await partnero.rewards.create(
        name="Two friends",
        description="For two friends",
        subscribers_count=2,
        fulfillment_type="generic_coupon",
        fulfillment_value="REWARD10",
    )
    assert (reward.subscriber_count, reward.times_triggered) == (2, 0)
    assert reward.fulfillment_type is RewardFulfillment.GENERIC_COUPON
    await partnero.subscribers.create(email=ANN)
    triggered = []
    for number in range(3):
        await partnero.subscribers.create(email=f"friend{number}@example.com", referral=Ref(email=ANN))
        triggered.append((await partnero.rewards.get(reward.id)).times_triggered)
    assert triggered == [0, 1, 1]
    assert len((await partnero.subscribers.get(ANN)).reward) == 1
    assert [one.id for one in await everything(partnero.rewards.list())] == [reward.id]
    assert [*(await partnero.rewards.get_many([reward.id])).found] == [reward.id]


async def test_many_subscribers_are_fetched_at_once(partnero: AsyncPartnero) -> None:
    addresses = [f"{number}@example.com" for number in range(30)]
    for address in addresses:
        await partnero.subscribers.create(email=address)
    batch = await partnero.subscribers.get_many([*addresses, "nobody@example.com"])
    assert (list(batch.found), batch.missing) == (addresses, ("nobody@example.com",))


async def test_the_key_of_such_a_program_tells_its_type(partnero: AsyncPartnero) -> None:
    assert (await partnero.test()).program.type == "newsletter"
    with pytest.raises(NotFoundError, match="this method is for affiliate programs"):
        await partnero.customers.get("c")
