"""What objects say of themselves, and what is said to who mistook a name."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import httpx
import pytest

import partnero_async
from partnero_async import AsyncPartnero, records
from partnero_async.lists import Page

from .servers import scripted


async def nobody(request: httpx.Request) -> httpx.Response:
    raise AssertionError("nothing is asked")


@pytest.mark.parametrize(
    ("module", "name", "said"),
    [
        (partnero_async, "Custmer", "did you mean Customer"),
        (partnero_async, "RateLimitErr", "did you mean RateLimitError"),
        (partnero_async, "SalesOutbox", "it is in partnero_async.outbox"),
        (partnero_async, "PartnerStatus", "it is in partnero_async.records"),
        (partnero_async, "WebhookEndpoint", "it is in partnero_async.webhooks"),
        (partnero_async, "build", "it is in partnero_async.testing"),
        (records, "Parter", "did you mean Partner"),
        (records, "NewCustomer", "it is in partnero_async.inputs"),
    ],
)
def test_a_name_that_is_not_there_is_told_from_the_one_that_is_meant(
    module: Any, name: str, said: str
) -> None:
    with pytest.raises(AttributeError, match=f"no attribute {name!r}: {said}"):
        getattr(module, name)


@pytest.mark.parametrize("name", ["nonsense_of_all_kinds", "__wrapped__", "_private"])
def test_of_a_name_that_nobody_means_nothing_is_said(name: str) -> None:
    with pytest.raises(AttributeError, match=f"no attribute {name!r}$"):
        getattr(partnero_async, name)


@pytest.mark.parametrize(
    ("module", "missing", "said"),
    [
        ("partnero_async.sandbox", "starlette", "partnero-async[sandbox]"),
        ("partnero_async.testing.local", "uvicorn", "partnero-async[sandbox]"),
        ("partnero_async.outbox.sqlalchemy", "sqlalchemy", "partnero-async[sqlalchemy]"),
        ("partnero_async.cli", "click", "partnero-async[cli]"),
    ],
)
def test_a_missing_extra_says_what_to_install(module: str, missing: str, said: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; import {module}; {module}.main()"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == (2 if module == "partnero_async.cli" else 1)
    last = ran.stderr.strip().splitlines()[-1]
    assert missing in last
    assert said in last


def test_objects_say_what_they_are_and_what_to_do_with_them() -> None:
    partnero: AsyncPartnero = scripted(nobody)
    assert repr(partnero.customers) == "<Customers of https://api.partnero.com/v1>"
    pager = partnero.customers.list(page=3)
    assert repr(pager) == (
        "<Pager of GET /customers, not asked yet: await it for page 3, or iterate by async for>"
    )
    assert repr(partnero.customers.stream(["a", "b"])) == "<Stream over 2 items, not begun: async with it>"
    assert repr(partnero.customers.stream(iter("ab"))) == "<Stream over items, not begun: async with it>"


def test_nothing_shows_the_api_key() -> None:
    partnero = AsyncPartnero("sk_secret_key")
    for shown in (partnero, partnero.customers, partnero.customers.list(), partnero.customers.stream(["a"])):
        assert "sk_secret" not in repr(shown)


def test_a_page_is_taken_apart_like_a_list() -> None:
    one, two = records.Customer(key="1"), records.Customer(key="2")
    page = Page(items=(one, two), number=1, next_number=None)
    assert (page[0], page[-1], page[:1]) == (one, two, (one,))
    assert two in page
    with pytest.raises(IndexError):
        _ = page[2]
