"""Subscribers of newsletters: who they are, and who referred whom."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from partnero_async.sandbox import Sandbox

from .clients import bare_client

pytestmark = pytest.mark.asyncio

_EMAIL = "subscriber@partnero.com"


@pytest_asyncio.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a newsletter without subscribers."""
    sandbox = Sandbox(api_keys={"newsletter": "newsletter"})
    async with bare_client(sandbox, "newsletter") as client:
        yield client
    sandbox.close()


async def _add(api: httpx.AsyncClient, email: str = _EMAIL, **fields: Any) -> Any:
    response = await api.post("/subscribers", json={"email": email, **fields})
    assert response.status_code == 201, response.text
    return response.json()["data"]


async def _get(api: httpx.AsyncClient, name: str = _EMAIL) -> Any:
    response = await api.get(f"/subscribers/{quote(name, safe='')}")
    assert response.status_code == 200, response.text
    return response.json()["data"]


async def _emails(api: httpx.AsyncClient, path: str = "/subscribers") -> list[str]:
    response = await api.get(path)
    assert response.status_code == 200, response.text
    return [subscriber["email"] for subscriber in response.json()["data"]]


async def test_a_subscriber_comes_as_it_is_printed(api: httpx.AsyncClient) -> None:
    body = {
        "id": _EMAIL,
        "email": _EMAIL,
        "name": "John Doe",
        "tos": True,
        "marketing_consent": False,
        "approved": True,
        "status": "active",
    }
    response = await api.post("/subscribers", json=body)
    record = response.json()["data"]
    assert response.status_code == 201
    assert await _get(api) == record
    assert len(record.pop("created_at")) == len("2025-05-12T22:03:20.000000Z")
    portal, share = httpx.URL(record.pop("portal_link")), httpx.URL(record.pop("share_link"))
    assert portal.host == share.host
    assert portal.path.removeprefix("/portal/") == share.path.removeprefix("/share/")
    assert record == {
        "id": _EMAIL,
        "name": "John Doe",
        "email": _EMAIL,
        "is_referred": False,
        "tos": True,
        "marketing_consent": False,
        "status": "Active",
        "approved": True,
        "referrals_count": 0,
        "reward": [],
    }


async def test_of_an_email_alone_the_rest_is_null_or_made_up(api: httpx.AsyncClient) -> None:
    record = await _add(api)
    assert [record[name] for name in ("id", "name", "tos", "marketing_consent")] == [None] * 4
    assert (record["status"], record["approved"]) == ("Active", True)


async def test_links_are_of_one_subscriber_only(api: httpx.AsyncClient) -> None:
    records = [await _add(api, f"{name}@example.com") for name in "ab"]
    assert records[0]["share_link"] != records[1]["share_link"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"identifier": "113965815471015338"}, {"id": "113965815471015338"}),
        ({"id": "a", "identifier": "b"}, {"id": "a"}),
        ({"id": "", "name": ""}, {"id": None, "name": None}),
        ({"status": "rejected"}, {"status": "Rejected"}),
        ({"status": "suspended"}, {"status": "Suspended"}),
        ({"status": None}, {"status": "Active"}),
        ({"approved": False}, {"approved": False}),
        ({"approved": None, "tos": None}, {"approved": True, "tos": None}),
        ({"tos": 0, "marketing_consent": "1"}, {"tos": False, "marketing_consent": True}),
        ({"referral": {}}, {"is_referred": False}),
        ({"referral": []}, {"is_referred": False}),
        ({"referral": None}, {"is_referred": False}),
    ],
)
async def test_what_is_sent_is_kept(
    api: httpx.AsyncClient, sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    await _add(api, **sent)
    record = await _get(api)
    assert {name: record[name] for name in kept} == kept


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"email": None}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": ["a@b.co"]}, "email"),
        ({"id": 113965815471015338}, "id"),
        ({"identifier": {}}, "identifier"),
        ({"name": 1}, "name"),
        ({"tos": "yes"}, "tos"),
        ({"marketing_consent": 2}, "marketing_consent"),
        ({"approved": []}, "approved"),
        # In capitals as it is answered.
        ({"status": "Active"}, "status"),
        ({"status": "pending"}, "status"),
        ({"referral": "a@b.co"}, "referral"),
        ({"referral": {"id": "nobody"}}, "referral.id"),
        ({"referral": {"email": "nobody@example.com"}}, "referral.email"),
        ({"referral": {"email": 1}}, "referral.email"),
        # Nobody refers oneself.
        ({"id": "me", "referral": {"id": "me"}}, "referral.id"),
    ],
)
async def test_an_ill_formed_subscriber_is_422_and_leaves_no_trace(
    api: httpx.AsyncClient, fields: dict[str, Any], complaint: str
) -> None:
    response = await api.post("/subscribers", json={"email": _EMAIL, **fields})
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {complaint}
    assert await _emails(api) == []


async def test_an_email_or_an_id_that_is_taken_is_422(api: httpx.AsyncClient) -> None:
    await _add(api, id="one")
    for body, complaint in (
        ({"email": _EMAIL}, "email"),
        ({"email": "a@b.co", "id": "one"}, "id"),
        ({"email": "a@b.co", "identifier": "one"}, "id"),
    ):
        response = await api.post("/subscribers", json=body)
        assert response.status_code == 422
        assert response.json()["errors"].keys() == {complaint}
    await _add(api, "a@b.co")
    await _add(api, "b@b.co")


@pytest.mark.parametrize("referral", [{"id": "one"}, {"email": _EMAIL}, {"identifier": "one"}])
async def test_who_referred_is_named_by_id_or_email_and_counted(
    api: httpx.AsyncClient, referral: dict[str, str]
) -> None:
    await _add(api, id="one")
    assert (await _add(api, "a@b.co", referral=referral))["is_referred"] is True
    assert (await _get(api))["referrals_count"] == 1
    await _add(api, "b@b.co", referral=referral, status="rejected", approved=False)
    # No source says that only some count.
    assert (await _get(api))["referrals_count"] == 2
    await api.request("DELETE", "/subscribers", json={"email": "b@b.co"})
    assert (await _get(api))["referrals_count"] == 1


async def test_who_was_referred_stays_so_when_the_other_leaves(api: httpx.AsyncClient) -> None:
    await _add(api)
    await _add(api, "a@b.co", referral={"email": _EMAIL})
    await api.request("DELETE", "/subscribers", json={"email": _EMAIL})
    assert (await _get(api, "a@b.co"))["is_referred"] is True
    await _add(api)
    assert (await _get(api))["referrals_count"] == 0


async def test_a_path_finds_an_id_before_an_email(api: httpx.AsyncClient) -> None:
    await _add(api)
    await _add(api, "a@b.co", id=_EMAIL)
    await _add(api, "odd name+tag/1@b.co", id="a/b c")
    assert (await _get(api, _EMAIL))["email"] == "a@b.co"
    assert (await _get(api, "odd name+tag/1@b.co"))["id"] == "a/b c"
    assert (await _get(api, "a/b c"))["email"] == "odd name+tag/1@b.co"
    assert (await api.get("/subscribers/nobody")).status_code == 404


async def test_subscribers_are_listed_ten_to_a_page_with_more_fields(api: httpx.AsyncClient) -> None:
    records = [await _add(api, f"{number}@example.com") for number in range(11)]
    page = (await api.get("/subscribers")).json()
    assert len(page["data"]) == page["meta"]["per_page"] == 10
    assert page["data"][0] == {**records[0], "updated_at": records[0]["created_at"], "deleted_at": None}
    assert page["links"]["next"] == "http://sandbox.test/v1/subscribers?page=2"
    assert await _emails(api, "/subscribers?page=2") == ["10@example.com"]
    assert await _emails(api, "/subscribers?sort=desc&limit=1") == ["10@example.com"]


async def test_a_list_is_of_those_who_were_referred_or_were_not(api: httpx.AsyncClient) -> None:
    await _add(api)
    await _add(api, "a@b.co", referral={"email": _EMAIL})
    assert await _emails(api, "/subscribers?refer_status=referred") == ["a@b.co"]
    assert await _emails(api, "/subscribers?refer_status=non_referred") == [_EMAIL]
    assert await _emails(api, "/subscribers?refer_status=") == [_EMAIL, "a@b.co"]
    response = await api.get("/subscribers?refer_status=perhaps")
    assert (response.status_code, response.json()["errors"].keys()) == (422, {"refer_status"})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("id=one", [_EMAIL]),
        ("identifier=one", [_EMAIL]),
        (f"email={_EMAIL}", [_EMAIL]),
        ("id=two", []),
        ("email=subscriber", []),
    ],
)
async def test_a_search_is_by_id_or_email(api: httpx.AsyncClient, query: str, found: list[str]) -> None:
    await _add(api, id="one")
    await _add(api, "a@b.co")
    assert await _emails(api, f"/subscribers:search?{query}") == found


async def test_a_search_for_nothing_is_422(api: httpx.AsyncClient) -> None:
    assert (await api.get("/subscribers:search?id=")).status_code == 422


_CHANGES = [
    ({"name": "Jane"}, {"name": "Jane"}),
    ({"name": None}, {"name": None}),
    ({"email": "new@example.com"}, {"email": "new@example.com"}),
    ({"tos": False, "marketing_consent": None}, {"tos": False, "marketing_consent": None}),
    ({"status": "suspended", "approved": False}, {"status": "Suspended", "approved": False}),
    ({"status": None, "approved": None}, {"status": "Active", "approved": True}),
]


@pytest.mark.parametrize(
    ("sent", "kept"), [*_CHANGES, ({"id": "two"}, {"id": "two"}), ({"id": None}, {"id": None})]
)
@pytest.mark.parametrize("name", [{"id": "one"}, {"identifier": "one"}, {"email": _EMAIL}])
async def test_new_values_stand_under_update(
    api: httpx.AsyncClient, name: dict[str, str], sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    before = await _add(api, id="one", name="John", tos=True, marketing_consent=True)
    response = await api.put("/subscribers", json={**name, "update": sent})
    assert (response.status_code, response.json()["data"]) == (200, {**before, **kept})
    assert await _get(api, response.json()["data"]["email"]) == {**before, **kept}


@pytest.mark.parametrize(("sent", "kept"), _CHANGES)
async def test_new_values_stand_directly_in_the_body(
    api: httpx.AsyncClient, sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    before = await _add(api, id="one", name="John", tos=True, marketing_consent=True)
    response = await api.put("/subscribers", json={"id": "one", **sent})
    assert (response.status_code, response.json()["data"]) == (200, {**before, **kept})


async def test_a_query_names_the_subscriber_too(api: httpx.AsyncClient) -> None:
    await _add(api)
    response = await api.put("/subscribers", params={"email": _EMAIL}, json={"update": {"name": "Jane"}})
    assert response.json()["data"]["name"] == "Jane"
    assert (await api.delete("/subscribers", params={"email": _EMAIL})).status_code == 200
    assert await _emails(api) == []


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"update": {"name": "Jane"}}, "email"),
        ({"id": "one"}, "update"),
        ({"id": "one", "update": None}, "update"),
        ({"id": "one", "update": {"colour": "red"}}, "update"),
        ({"id": "one", "update": "name"}, "update"),
        ({"id": "one", "update": {"email": None}}, "update.email"),
        ({"id": "one", "update": {"email": "a@b.co"}}, "update.email"),
        ({"id": "one", "update": {"id": "a"}}, "update.id"),
        ({"id": "one", "update": {"status": "Active"}}, "update.status"),
        ({"id": "one", "update": {"tos": "yes"}}, "update.tos"),
        ({"id": "one", "email": "a@b.co"}, "email"),
        ({"id": ["one"], "name": "Jane"}, "id"),
    ],
)
async def test_an_ill_formed_change_is_422_and_changes_nothing(
    api: httpx.AsyncClient, body: dict[str, Any], complaint: str
) -> None:
    before = await _add(api, id="one")
    await _add(api, "a@b.co", id="a")
    response = await api.put("/subscribers", json=body)
    assert response.status_code == 422
    assert complaint in response.json()["errors"]
    assert await _get(api) == before


async def test_a_change_to_what_it_is_already_is_no_conflict(api: httpx.AsyncClient) -> None:
    before = await _add(api, id="one")
    response = await api.put("/subscribers", json={"id": "one", "update": {"id": "one", "email": _EMAIL}})
    assert (response.status_code, response.json()["data"]) == (200, before)


@pytest.mark.parametrize("name", [{"id": "one"}, {"identifier": "one"}, {"email": _EMAIL}])
async def test_a_subscriber_is_deleted_for_good(api: httpx.AsyncClient, name: dict[str, str]) -> None:
    await _add(api, id="one")
    response = await api.request("DELETE", "/subscribers", json=name)
    assert (response.status_code, response.json()) == (200, {"status": 1})
    assert (await api.get("/subscribers/one")).status_code == 404
    assert (await api.request("DELETE", "/subscribers", json=name)).status_code == 404
    await _add(api, id="one")


async def test_a_deletion_without_a_name_is_422(api: httpx.AsyncClient) -> None:
    await _add(api)
    assert (await api.request("DELETE", "/subscribers", json={"email": ""})).status_code == 422
    assert await _emails(api) == [_EMAIL]


async def test_newsletters_do_not_see_each_others_subscribers_and_others_have_none() -> None:
    sandbox = Sandbox(api_keys={"one": "newsletter", "two": "newsletter", "three": "affiliate"})
    async with (
        bare_client(sandbox, "one") as one,
        bare_client(sandbox, "two") as two,
        bare_client(sandbox, "three") as three,
    ):
        await _add(one, id="one")
        assert await _emails(two) == []
        assert (await two.get("/subscribers/one")).status_code == 404
        body = {"email": "a@b.co", "referral": {"id": "one"}}
        assert (await two.post("/subscribers", json=body)).status_code == 422
        await _add(two, id="one")
        assert (await three.get("/subscribers")).status_code == 404
    sandbox.close()


async def _everything(seed: int) -> list[Any]:
    sandbox = Sandbox(subscribers=300, seed=seed, api_keys={"one": "newsletter", "two": "newsletter"})
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        pages = [f"/subscribers?limit=250&page={page}" for page in (1, 2)]
        records = [record for page in pages for record in (await one.get(page)).json()["data"]]
        assert records == [record for page in pages for record in (await two.get(page)).json()["data"]]
    sandbox.close()
    return records


async def test_seeded_subscribers_are_the_same_for_the_same_seed() -> None:
    records = await _everything(seed=7)
    assert await _everything(seed=7) == records
    assert await _everything(seed=8) != records
    assert [record["email"] for record in records] == [
        f"subscriber_{n:06}@example.com" for n in range(1, 301)
    ]
    assert [record["id"] for record in records[:3]] == ["subscriber_000001", "subscriber_000002", None]
    referred = sum(record["is_referred"] for record in records)
    assert 50 < referred < 150
    assert sum(record["referrals_count"] for record in records) == referred
    assert not records[0]["is_referred"]


async def test_ten_thousand_subscribers_are_seeded() -> None:
    sandbox = Sandbox(subscribers=10_000, api_keys={"one": "newsletter"})
    async with bare_client(sandbox, "one") as api:
        assert (await api.get("/program")).json()["data"]["total_subscribers"] == 10_000
        assert (await _get(api, "subscriber_010000@example.com"))["status"] == "Active"
    sandbox.close()


async def test_a_file_keeps_subscribers_and_is_not_seeded_again(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    for _ in range(2):
        sandbox = Sandbox(path, subscribers=3, api_keys={"one": "newsletter"})
        async with bare_client(sandbox, "one") as api:
            assert len(await _emails(api)) == 3
        sandbox.close()


async def test_a_negative_number_of_subscribers_is_refused() -> None:
    with pytest.raises(ValueError, match="subscribers"):
        Sandbox(subscribers=-1)
