"""A whole refer-a-friend program, driven through the SDK against the sandbox over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from partnero_async import (
    AsyncPartnero,
    BadRequestError,
    Failed,
    Found,
    Missing,
    NotFoundError,
    Ref,
    Sale,
    ValidationError,
)
from partnero_async.inputs import NewReferredCustomer
from partnero_async.records import ReferralCustomerStatus
from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.server import running

pytestmark = pytest.mark.asyncio

PROGRAMS = [f"program_{number}" for number in range(40)]
REWARD = Decimal(10)


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A sandbox with empty programs, so that every test has its own."""
    sandbox = Sandbox(api_keys=dict.fromkeys(PROGRAMS, "referral"), referral_reward=REWARD)
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


async def ada_and_bob(partnero: AsyncPartnero) -> None:
    """Ada, whose key is ref_ada, and Bob, whom she referred."""
    await partnero.referral_customers.create(id="ada", key="ref_ada", email="ada@example.com", name="Ada")
    await partnero.referral_customers.create(
        id="bob", email="bob@example.com", referring_customer=Ref(key="ref_ada")
    )


async def earned(partnero: AsyncPartnero, id: str = "ada") -> Decimal:
    """What is on the balance of a customer."""
    found = await partnero.referral_customers.balance(id)
    return sum((item.amount or Decimal(0) for item in found.amounts), Decimal(0))


async def test_a_customer_is_made_read_changed_and_deleted(partnero: AsyncPartnero) -> None:
    made = await partnero.referral_customers.create(
        id="ada",
        key="ref_ada",
        email="ada@example.com",
        name="Ada",
        surname="Lovelace",
        date_of_birth=date(1815, 12, 10),
    )
    assert (made.id, made.email, made.status) == ("ada", "ada@example.com", ReferralCustomerStatus.ACTIVE)
    assert made.metadata == {"date_of_birth": "1815-12-10"}
    assert (made.referring_customer, made.referrals_count) == (None, 0)
    assert "ref_ada" in (made.referral_link or "")
    assert await partnero.referral_customers.get("ada") == made
    changed = await partnero.referral_customers.update("ada", name="Augusta", date_of_birth=None)
    assert (changed.name, changed.metadata) == ("Augusta", {"date_of_birth": None})
    again = await partnero.referral_customers.update(Ref(id="ada"), surname="King", new_key="countess")
    assert (again.id, again.surname) == ("ada", "King")
    assert "countess" in (again.referral_link or "")
    await partnero.referral_customers.delete("ada")
    with pytest.raises(NotFoundError, match=r"Customer not found \(127"):
        await partnero.referral_customers.get("ada")


async def test_who_referred_whom_is_told_from_both_sides(partnero: AsyncPartnero) -> None:
    await ada_and_bob(partnero)
    bob = await partnero.referral_customers.get("bob")
    assert bob.referring_customer is not None
    assert bob.referring_customer.id == "ada"
    assert (await partnero.referral_customers.get("ada")).referrals_count == 1
    assert [one.id for one in await everything(partnero.referral_customers.referrals("ada"))] == ["bob"]
    referred = await everything(partnero.referral_customers.list(refer_status="referred"))
    others = await everything(partnero.referral_customers.list(refer_status="non_referred"))
    assert ([one.id for one in referred], [one.id for one in others]) == (["bob"], ["ada"])
    newest = await everything(partnero.referral_customers.list(sort="desc"))
    assert [one.id for one in newest] == ["bob", "ada"]
    stats = await partnero.referral_customers.stats("ada")
    assert stats.referrals_count == 1


async def test_customers_are_found_by_each_of_their_names(partnero: AsyncPartnero) -> None:
    await ada_and_bob(partnero)
    for wanted in ({"id": "ada"}, {"key": "ref_ada"}, {"email": "ada@example.com"}):
        found = await everything(partnero.referral_customers.search(**wanted))
        assert [one.id for one in found] == ["ada"]


async def test_a_sale_tells_who_bought_and_who_referred_and_pays_the_referrer(
    partnero: AsyncPartnero,
) -> None:
    await ada_and_bob(partnero)
    sale = await partnero.referral_transactions.create(
        customer=Ref(id="bob"), key="order_1", amount=Decimal("99.99"), action="sale"
    )
    assert (sale.referrer, sale.referred, sale.amount) == ("ada", "bob", Decimal("99.99"))
    assert [reward.amount for reward in sale.rewards] == [REWARD]
    assert await partnero.referral_transactions.get("order_1") == sale
    assert await everything(partnero.referral_transactions.list(key="order_1")) == [sale]
    assert await everything(partnero.referral_customers.transactions("bob")) == [sale]
    assert await earned(partnero) == REWARD
    await partnero.referral_transactions.delete("order_1")
    assert await earned(partnero) == 0


async def test_a_sale_sent_twice_pays_twice_and_one_goes_by_its_key_in_the_body(
    partnero: AsyncPartnero,
) -> None:
    await ada_and_bob(partnero)
    for _ in range(2):
        await partnero.referral_transactions.create(customer=Ref(email="bob@example.com"), key="o", amount=5)
    assert await earned(partnero) == 2 * REWARD
    await partnero.referral_transactions.delete(Ref(key="o"))
    assert await earned(partnero) == REWARD
    assert len(await everything(partnero.referral_transactions.list(key="o"))) == 1


async def test_a_buyer_whom_nobody_referred_pays_nobody(partnero: AsyncPartnero) -> None:
    await ada_and_bob(partnero)
    sale = await partnero.referral_transactions.create(customer=Ref(id="ada"), amount=5)
    assert (sale.referrer, sale.referred, sale.rewards) == (None, "ada", ())


async def test_a_buyer_comes_along_with_the_first_sale(partnero: AsyncPartnero) -> None:
    await ada_and_bob(partnero)
    cid = NewReferredCustomer(id="cid", email="cid@example.com", referring_customer=Ref(id="ada"))
    sale = await partnero.referral_transactions.create(customer=cid, key="first", amount=20)
    assert (sale.referrer, sale.referred) == ("ada", "cid")
    assert (await partnero.referral_customers.get("cid")).email == "cid@example.com"


async def test_several_sales_of_one_buyer_are_recorded_together(partnero: AsyncPartnero) -> None:
    await ada_and_bob(partnero)
    sales = [Sale(key="a", amount=1), Sale(key="b", reward=Decimal("2.5"))]
    made = await partnero.referral_transactions.create_together(sales, customer=Ref(id="bob"))
    assert [sale.key for sale in made] == ["a", "b"]
    assert await earned(partnero) == REWARD + Decimal("2.5")


async def test_a_credit_lowers_the_balance_and_cannot_exceed_it(partnero: AsyncPartnero) -> None:
    await ada_and_bob(partnero)
    await partnero.referral_transactions.create(customer=Ref(id="bob"), amount=5)
    await partnero.referral_customers.credit("ada", amount=Decimal("3.5"), amount_units="usd")
    assert await earned(partnero) == Decimal("6.5")
    with pytest.raises(ValidationError):
        await partnero.referral_customers.credit("ada", amount=7, amount_units="usd")
    assert await earned(partnero) == Decimal("6.5")


async def test_a_customer_is_archived_once_and_restored_once(partnero: AsyncPartnero) -> None:
    await ada_and_bob(partnero)
    await partnero.referral_customers.archive("bob")
    with pytest.raises(BadRequestError):
        await partnero.referral_customers.archive("bob")
    await partnero.referral_customers.unarchive("bob")
    with pytest.raises(BadRequestError):
        await partnero.referral_customers.unarchive("bob")


async def test_an_invitation_is_taken(partnero: AsyncPartnero) -> None:
    await partnero.referral_customers.invite(
        email="dan@example.com", name="Dan", personalization={"greeting": "Hello"}
    )
    with pytest.raises(ValidationError):
        await partnero.referral_customers.invite(email="no address")


async def test_a_customer_has_links_beside_the_default_one(partnero: AsyncPartnero) -> None:
    await ada_and_bob(partnero)
    link = await partnero.customer_referral_links.create(customer=Ref(id="ada"), key="ada_on_tv")
    assert (link.key, link.default) == ("ada_on_tv", False)
    links = await everything(partnero.referral_customers.referral_links("ada"))
    assert {(one.key, one.default) for one in links} == {("ref_ada", True), ("ada_on_tv", False)}
    changed = await partnero.customer_referral_links.update("ada_on_tv", new_key="ada_on_radio")
    assert await partnero.customer_referral_links.get("ada_on_radio") == changed
    assert await everything(partnero.customer_referral_links.search(key="ada_on_radio")) == [changed]
    await partnero.referral_customers.create(id="eve", referring_customer=Ref(key="ada_on_radio"))
    assert (await partnero.referral_customers.get("ada")).referrals_count == 2
    await partnero.customer_referral_links.delete("ada_on_radio")
    with pytest.raises(NotFoundError):
        await partnero.customer_referral_links.get("ada_on_radio")


async def test_many_customers_are_fetched_at_once(partnero: AsyncPartnero) -> None:
    async def create(id: str) -> None:
        await partnero.referral_customers.create(id=id)

    ids = [f"c{number}" for number in range(60)]
    async with partnero.bulk(create, ids) as outcomes:
        assert not [outcome async for outcome in outcomes if isinstance(outcome, Failed)]
    batch = await partnero.referral_customers.get_many([*ids, "nobody"])
    assert (len(batch.found), batch.missing) == (60, ("nobody",))
    async with partnero.referral_customers.stream([*ids, "nobody"], ordered=True) as found:
        seen = [outcome async for outcome in found]
    assert [type(outcome) for outcome in seen] == [Found] * 60 + [Missing]


async def test_the_key_of_such_a_program_tells_its_type(partnero: AsyncPartnero) -> None:
    assert (await partnero.test()).program.type == "refer_a_friend"
    with pytest.raises(NotFoundError, match="this method is for affiliate programs"):
        await partnero.partners.get("p")
    await ada_and_bob(partnero)
    with pytest.raises(Exception, match=r"Customer\.key is missing; this method is for affiliate programs"):
        await partnero.customers.get("ada")
