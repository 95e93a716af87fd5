"""What a sandbox starts with, and what a file keeps."""

import sqlite3
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.store import StateError

from .clients import add_customer, client_of, keys


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
    async with client_of(sandbox) as api:
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
async def test_seeded_partners_have_their_referral_keys_and_the_first_customer_has_sales() -> None:
    sandbox = Sandbox(customers=1)
    async with client_of(sandbox) as api:
        record = await add_customer(api, "new", partner={"key": "ref_010"})
        assert record["partner"] == "partner_010"
        assert len(keys(await api.get("/customers/customer_000001/transactions"))) == 2
    sandbox.close()


@pytest.mark.asyncio
async def test_some_seeded_customers_have_tags() -> None:
    sandbox = Sandbox(customers=20)
    async with client_of(sandbox) as api:
        records = [(await api.get(f"/customers/customer_{n:06}")).json()["data"] for n in range(1, 21)]
    sandbox.close()
    assert any(record["tags"] for record in records)
    assert not all(record["tags"] for record in records)


@pytest.mark.asyncio
async def test_ten_thousand_customers_are_there_in_two_seconds_of_cpu() -> None:
    began = time.process_time()
    sandbox = Sandbox(customers=10_000)
    assert time.process_time() - began < 2
    async with client_of(sandbox) as api:
        assert (await api.get("/customers/customer_010000")).status_code == 200
    sandbox.close()


@pytest.mark.asyncio
async def test_every_affiliate_program_is_seeded_with_its_own_copy() -> None:
    sandbox = Sandbox(customers=3, api_keys={"one": "affiliate", "two": "affiliate", "three": "referral"})
    async with client_of(sandbox, "one") as one, client_of(sandbox, "two") as two:
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
    async with client_of(sandbox) as api:
        await api.delete("/customers/customer_000002")
        await add_customer(api, "new")
    sandbox.close()
    again = Sandbox(path, customers=3)
    async with client_of(again) as api:
        assert keys(await api.get("/customers")) == ["customer_000001", "customer_000003", "new"]
    again.close()


@pytest.mark.asyncio
async def test_sandboxes_in_memory_share_nothing() -> None:
    one, two = Sandbox(), Sandbox()
    async with client_of(one) as api:
        await add_customer(api)
    async with client_of(two) as api:
        assert keys(await api.get("/customers")) == []
    one.close()
    two.close()


def _write_text(path: Path) -> None:
    path.write_text("this is no database, and long enough to be told from an empty one" * 10)


def _write_foreign_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE partners (mine TEXT)")
    connection.close()


def _write_old_state(path: Path) -> None:
    Sandbox(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def _make_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("prepare", "complaint"),
    [
        (_write_text, "file is not a database"),
        (_write_foreign_database, "is not a sandbox's state file"),
        (_write_old_state, "was written by another version"),
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


@pytest.mark.parametrize(("customers", "partners"), [(-1, 1), (0, -1), (1, 0)])
def test_impossible_numbers_of_records_are_refused(customers: int, partners: int) -> None:
    with pytest.raises(ValueError, match="customers"):
        Sandbox(customers=customers, partners=partners)


def test_closing_twice_is_fine() -> None:
    sandbox = Sandbox()
    sandbox.close()
    sandbox.close()
