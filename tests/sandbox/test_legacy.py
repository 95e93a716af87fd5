"""The singular paths of older clients: the record is named in the body or the query."""

from typing import Any

import httpx
import pytest

from .clients import add_customer, add_friends, add_referral_customer, keys

pytestmark = pytest.mark.asyncio


async def test_a_customer_and_its_first_sale_come_as_the_php_client_sends_them(
    api: httpx.AsyncClient,
) -> None:
    body = {
        "customer": {"key": "customer_1", "email": "one@example.com", "name": "Alice"},
        "partner": {"key": "ref_002"},
        "transaction": {"key": "order_1", "amount": 10, "action": "sale"},
    }
    response = await api.post("/customer", json=body)
    record = response.json()["data"]
    assert response.status_code == 201
    assert (record["key"], record["partner"], record["name"]) == ("customer_1", "partner_002", "Alice")
    assert keys(await api.get("/customers/customer_1/transactions")) == ["order_1"]


@pytest.mark.parametrize("named", [{"key": "customer_1"}, {"id": "customer_1"}, {"email": "one@example.com"}])
@pytest.mark.parametrize("form", ["query", "body", "nested"])
async def test_a_customer_is_read_changed_and_deleted_by_what_names_it(
    api: httpx.AsyncClient, named: dict[str, str], form: str
) -> None:
    record = await add_customer(api, email="one@example.com")
    await add_customer(api, "customer_2")

    async def ask(method: str, **fields: Any) -> httpx.Response:
        if form == "query":
            return await api.request(method, "/customer", params=named, json=fields)
        return await api.request(
            method, "/customer", json=({"customer": named} if form == "nested" else named) | fields
        )

    assert (await ask("GET")).json()["data"] == record
    changed = await ask("PUT", update={"name": "Amanda", "key": "renamed"})
    assert (changed.status_code, changed.json()["data"]["name"]) == (200, "Amanda")
    await api.put("/customers/renamed", json={"key": "customer_1"})
    assert (await ask("DELETE")).json() == {"status": 1}
    assert keys(await api.get("/customers")) == ["customer_2"]
    assert (await ask("GET")).status_code == 404


async def test_the_fields_of_an_update_may_stand_beside_the_name(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    body = {"customer": {"key": "customer_1", "email": "new@example.com"}}
    assert (await api.put("/customer", json=body)).json()["data"]["email"] == "new@example.com"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/customer", "/partner"])
async def test_without_a_name_it_is_422_and_of_nobody_404(
    api: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (await api.request(method, path, json={"name": "Amanda"})).status_code == 422
    assert (await api.request(method, path, json={"key": "nobody", "name": "Amanda"})).status_code == 404


@pytest.mark.parametrize("nested", [True, False])
async def test_a_partner_is_created_changed_and_deleted(api: httpx.AsyncClient, nested: bool) -> None:
    fields = {"id": "partner_9", "key": "ref_9", "email": "nine@example.com", "name": "Nina"}
    response = await api.post("/partner", json={"partner": fields} if nested else fields)
    assert (response.status_code, response.json()["data"]["id"]) == (201, "partner_9")
    for named in ({"key": "ref_9"}, {"id": "partner_9"}, {"email": "nine@example.com"}):
        body = {**({"partner": named} if nested else named), "update": {"name": next(iter(named))}}
        changed = await api.put("/partner", json=body)
        assert changed.json()["data"]["name"] == next(iter(named))
    assert (await api.request("DELETE", "/partner", json={"key": "ref_9"})).json() == {"status": 1}
    assert (await api.get("/partners/partner_9")).status_code == 404


async def test_refer_a_friend_programs_have_customers_and_no_partners_there(
    friends: httpx.AsyncClient,
) -> None:
    await add_friends(friends)
    body = {"customer": {"id": "carla", "key": "ref_carla"}, "referring_customer": {"key": "ref_bob"}}
    record = (await friends.post("/customer", json=body)).json()["data"]
    assert record["referring_customer"]["id"] == "bob"
    assert (await friends.get("/customer", params={"key": "ref_carla"})).json()["data"] == record
    changed = await friends.put("/customer", json={"id": "carla", "update": {"name": "Carla"}})
    assert changed.json()["data"]["name"] == "Carla"
    assert (await friends.delete("/customer?email=bob@example.com")).json() == {"status": 1}
    assert (await friends.get("/customers/bob")).status_code == 404
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert (await friends.request(method, "/partner", json={"key": "ref_carla"})).status_code == 404


async def test_an_email_names_no_customer_whose_key_or_id_it_is(
    api: httpx.AsyncClient, friends: httpx.AsyncClient
) -> None:
    email = "one@example.com"
    await add_customer(api, email)
    await add_customer(api, "meant", email=email)
    await add_referral_customer(friends, email)
    await add_referral_customer(friends, "meant", email=email)
    for program, name in ((api, "key"), (friends, "id")):
        found = (await program.get("/customer", params={"email": email})).json()["data"]
        assert found[name] == "meant"
        assert (await program.request("DELETE", "/customer", json={"email": email})).json() == {"status": 1}
        assert [record[name] for record in (await program.get("/customers")).json()["data"]] == [email]
