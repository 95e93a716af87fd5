"""What a sandbox starts with, and what a file keeps."""

import sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.nouns import SCHEMA
from partnero_async.sandbox.store import StateError, Store

from .clients import REFERRAL_API_KEY, add_customer, add_referral_customer, balance, bare_client, keys


async def _pages(api: httpx.AsyncClient, path: str) -> list[Any]:
    records: list[Any] = []
    page = 1
    while found := (await api.get(path, params={"limit": 250, "page": page})).json(parse_float=Decimal)[
        "data"
    ]:
        records += found
        page += 1
    return records


async def _everything(sandbox: Sandbox) -> list[Any]:
    async with bare_client(sandbox) as api:
        everything = [await _pages(api, path) for path in ("/partners", "/customers", "/transactions")]
    sandbox.close()
    return everything


@pytest.mark.asyncio
async def test_the_same_seed_gives_the_same_data_and_another_seed_other_data() -> None:
    first = await _everything(Sandbox(customers=100, seed=7))
    assert await _everything(Sandbox(customers=100, seed=7)) == first
    assert await _everything(Sandbox(customers=100, seed=8)) != first


@pytest.mark.asyncio
async def test_seeded_records_have_the_names_that_tests_count_on() -> None:
    partners, customers, transactions = await _everything(Sandbox(customers=300, partners=12))
    assert [partner["id"] for partner in partners] == [f"partner_{n:03}" for n in range(1, 13)]
    assert [customer["key"] for customer in customers] == [f"customer_{n:06}" for n in range(1, 301)]
    assert customers[0]["email"] == "customer_000001@example.com"
    assert all(customer["name"] and customer["surname"] for customer in customers)
    assert {customer["partner"] for customer in customers} == {partner["id"] for partner in partners}
    assert 0 < len({transaction["customer"] for transaction in transactions}) < 300
    assert all(sale["rewards"][0]["amount"] == sale["amount"] * Decimal("0.3") for sale in transactions)


@pytest.mark.asyncio
async def test_a_refer_a_friend_program_is_seeded_with_customers_who_referred_each_other() -> None:
    def sandbox(seed: int) -> Sandbox:
        return Sandbox(customers=300, partners=0, seed=seed, api_keys={"r": "referral"})

    customers, transactions = await _friends(sandbox(seed=7))
    assert (customers, transactions) == await _friends(sandbox(seed=7))
    assert customers != (await _friends(sandbox(seed=8)))[0]
    assert [customer["id"] for customer in customers] == [f"customer_{n:06}" for n in range(1, 301)]
    assert customers[0]["email"] == "customer_000001@example.com"
    assert customers[0]["referral_link"].endswith("?ref=ref_000001")
    assert all(customer["name"] and customer["surname"] for customer in customers)
    referrers = [customer["referring_customer"] for customer in customers]
    assert (referrers[0], referrers[1]["id"]) == (None, "customer_000001")
    referred = len(referrers) - referrers.count(None)
    assert 100 < referred < 300
    assert sum(customer["referrals_count"] for customer in customers) == referred
    assert {len(sale["rewards"]) for sale in transactions} == {0, 1}
    assert all((sale["customer"] is None) is (sale["rewards"] == []) for sale in transactions)
    assert {reward["amount"] for sale in transactions for reward in sale["rewards"]} == {10}


async def _friends(sandbox: Sandbox) -> tuple[list[Any], list[Any]]:
    async with bare_client(sandbox, "r") as api:
        found = await _pages(api, "/customers"), await _pages(api, "/transactions")
    sandbox.close()
    return found


@pytest.mark.asyncio
async def test_a_seeded_referrer_has_the_balance_of_the_sales_of_whom_it_referred() -> None:
    sandbox = Sandbox(customers=2, referral_reward=Decimal("2.5"))
    async with bare_client(sandbox, REFERRAL_API_KEY) as api:
        assert len(keys(await api.get("/customers/customer_000002/transactions"))) == 2
        assert await balance(api, "customer_000001") == {"USD": 5}
        record = await add_referral_customer(api, "new", referring_customer={"key": "ref_000002"})
        assert record["referring_customer"]["id"] == "customer_000002"
    sandbox.close()


@pytest.mark.asyncio
async def test_seeded_partners_have_their_referral_keys_and_the_first_customer_has_sales() -> None:
    sandbox = Sandbox(customers=1)
    async with bare_client(sandbox) as api:
        record = await add_customer(api, "new", partner={"key": "ref_010"})
        assert record["partner"] == "partner_010"
        assert len(keys(await api.get("/customers/customer_000001/transactions"))) == 2
    sandbox.close()


@pytest.mark.asyncio
async def test_some_seeded_customers_have_tags() -> None:
    sandbox = Sandbox(customers=20)
    async with bare_client(sandbox) as api:
        records = [(await api.get(f"/customers/customer_{n:06}")).json()["data"] for n in range(1, 21)]
    sandbox.close()
    assert any(record["tags"] for record in records)
    assert not all(record["tags"] for record in records)


@pytest.mark.asyncio
async def test_ten_thousand_customers_are_seeded() -> None:
    sandbox = Sandbox(customers=10_000)
    async with bare_client(sandbox) as api:
        assert (await api.get("/customers/customer_010000")).status_code == 200
    sandbox.close()


def test_twice_the_customers_cost_twice_the_work() -> None:
    thousand, two_thousand = _work_of_seeding(1_000), _work_of_seeding(2_000)
    # Customers have a random number of sales each.
    assert two_thousand["python"] < 2.2 * thousand["python"]
    assert two_thousand["sqlite"] < 2.2 * thousand["sqlite"]


def _work_of_seeding(customers: int) -> Counter[str]:
    """How many functions Python calls, and how many times a hundred instructions SQLite runs."""
    work = Counter[str]()
    connect = sqlite3.connect

    def watched(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        connection.set_progress_handler(lambda: work.update(["sqlite"]), 100)
        return connection

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sqlite3, "connect", watched)
        sys.setprofile(lambda _, event, __: work.update(["python"]) if event.endswith("call") else None)
        try:
            sandbox = Sandbox(customers=customers)
        finally:
            sys.setprofile(None)
    sandbox.close()
    return work


@pytest.mark.asyncio
async def test_every_refer_a_friend_program_is_seeded_with_its_own_copy() -> None:
    sandbox = Sandbox(customers=3, api_keys={"one": "referral", "two": "referral", "three": "affiliate"})
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        await one.delete("/customers/customer_000001")
        record = (await two.get("/customers/customer_000002")).json()["data"]
        assert record["referring_customer"]["id"] == "customer_000001"
        assert (await two.get("/customers/customer_000001")).json()["data"]["referrals_count"] > 0
    sandbox.close()


@pytest.mark.asyncio
async def test_every_affiliate_program_is_seeded_with_its_own_copy() -> None:
    sandbox = Sandbox(customers=3, api_keys={"one": "affiliate", "two": "affiliate", "three": "referral"})
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        await one.delete("/customers/customer_000001")
        assert (await two.get("/customers/customer_000001")).status_code == 200
        assert keys(await two.get("/transactions?customer_key=customer_000001")) == [
            "transaction_000001",
            "transaction_000002",
        ]
    sandbox.close()


@pytest.mark.asyncio
async def test_a_file_survives_and_is_not_seeded_again(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    sandbox = Sandbox(path, customers=3)
    async with bare_client(sandbox) as api:
        await api.delete("/customers/customer_000002")
        await add_customer(api, "new")
    sandbox.close()
    again = Sandbox(path, customers=3)
    async with bare_client(again) as api:
        assert keys(await api.get("/customers")) == ["customer_000001", "customer_000003", "new"]
    again.close()


@pytest.mark.asyncio
async def test_sandboxes_in_memory_share_nothing() -> None:
    one, two = Sandbox(), Sandbox()
    async with bare_client(one) as api:
        await add_customer(api)
    async with bare_client(two) as api:
        assert keys(await api.get("/customers")) == []
    one.close()
    two.close()


def _write_text(path: Path) -> None:
    path.write_text("this is no database, and long enough to be told from an empty one" * 10)


def _write_foreign_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE partners (mine TEXT)")
    connection.close()


def _write_state_of_another_version(path: Path, *differences: str) -> None:
    Sandbox(path, customers=2).close()
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in (*differences, "PRAGMA user_version = 2"):
        connection.execute(statement)
    connection.close()


def _write_state_with_another_column(path: Path) -> None:
    _write_state_of_another_version(path, "ALTER TABLE customers ADD COLUMN phone TEXT")


def _write_state_with_another_table(path: Path) -> None:
    _write_state_of_another_version(path, "CREATE TABLE phones (number INTEGER PRIMARY KEY)")


def _make_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("prepare", "complaint"),
    [
        (_write_text, "file is not a database"),
        (_write_foreign_database, "is not a sandbox's state file"),
        (
            _write_state_with_another_column,
            r"state\.db was written by .* \(customers\): delete the file or give",
        ),
        (_write_state_with_another_table, r"state\.db was written by .* \(phones\): delete the file or give"),
        (_make_folder, "cannot open"),
    ],
)
def test_a_file_that_is_no_state_of_ours_is_refused_and_left_alone(
    tmp_path: Path, prepare: Callable[[Path], None], complaint: str
) -> None:
    path = tmp_path / "state.db"
    prepare(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(StateError, match=complaint):
        Sandbox(path)
    assert (path.read_bytes() if path.is_file() else b"") == before


@pytest.mark.asyncio
async def test_a_file_of_an_older_version_gets_what_it_lacks_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    lacking = ("DROP TABLE webhooks", "DROP TABLE leads", "DROP INDEX customers_by_partner")
    _write_state_of_another_version(path, *lacking)
    webhook = {"key": "hook", "name": "Hook", "url": "https://a.example", "events": ["lead.submitted"]}
    for status in (201, 422):  # the second time, it is there
        sandbox = Sandbox(path, customers=9)
        async with bare_client(sandbox) as api:
            assert keys(await api.get("/customers")) == ["customer_000001", "customer_000002"]
            assert (await api.get("/leads")).json()["data"] == []
            assert (await api.post("/webhooks", json=webhook)).status_code == status
        sandbox.close()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'customers_by_partner'").fetchone()
    connection.close()


def test_a_table_is_added_to_a_file_without_raising_a_number(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    Sandbox(path).close()
    store = Store(str(path), [*SCHEMA, "CREATE TABLE phones (number INTEGER PRIMARY KEY)"])
    assert store.all("SELECT * FROM phones") == []
    store.close()


def test_a_schema_in_another_order_and_layout_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    _write_state_of_another_version(path)
    Store(str(path), [" ".join(table.split()) for table in reversed(SCHEMA)]).close()
    before = path.read_bytes()
    Sandbox(path).close()
    assert path.read_bytes() == before


def test_a_file_that_cannot_get_all_it_lacks_gets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    _write_state_of_another_version(
        path,
        "DROP TABLE leads",
        "DROP INDEX default_partner_referral_links",
        "UPDATE partner_referral_links SET partner_number = 1",
    )
    with pytest.raises(StateError, match=r"cannot use .*state\.db: UNIQUE constraint failed"):
        Sandbox(path)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'leads'").fetchone() is None
    connection.close()


@pytest.mark.parametrize(("customers", "partners"), [(-1, 1), (0, -1), (1, 0)])
def test_impossible_numbers_of_records_are_refused(customers: int, partners: int) -> None:
    with pytest.raises(ValueError, match="customers"):
        Sandbox(customers=customers, partners=partners)


def test_a_sandbox_without_affiliate_programs_needs_no_partners() -> None:
    Sandbox(customers=1, partners=0, api_keys={"r": "referral"}).close()


@pytest.mark.parametrize("reward", ["-0.01", "NaN", "Infinity"])
def test_a_reward_that_is_no_amount_is_refused(reward: str) -> None:
    with pytest.raises(ValueError, match="referral_reward"):
        Sandbox(referral_reward=Decimal(reward))


def test_closing_twice_is_fine() -> None:
    sandbox = Sandbox()
    sandbox.close()
    sandbox.close()
