"""The pages of a sandbox in memory: what they show, what their forms do, and whom they refuse."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from partnero_async.sandbox import Fault, Sandbox

from .clients import REFERRAL_API_KEY, add_customer, add_sale, bare_client

pytestmark = pytest.mark.asyncio

_HOME = "/_sandbox/inspector"
_SCRIPT = "<script>alert(1)</script>"
_PAGES = [
    "/",
    *(f"{_HOME}/{name}" for name in ("customers", "partners", "sales", "rewards", "deliveries", "faults")),
]
_FORMS = [f"{_HOME}/deliveries/1/resend", f"{_HOME}/faults", f"{_HOME}/faults/end", f"{_HOME}/latency"]
_CHANGES = [
    *(("POST", path) for path in (*_FORMS, "/_sandbox/deliveries/1/resend")),
    *(("PUT", f"/_sandbox/{name}") for name in ("faults", "latency", "rate_limit")),
]
_FOREIGN = [
    {"Host": "evil.example"},
    {"Host": "evil.example:8200", "Origin": "http://evil.example:8200", "Sec-Fetch-Site": "same-origin"},
    {"Host": "localhost.evil.example"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "127.0.0.1@evil.example"},
    {"Host": "[::2]"},
    {"Host": "0.0.0.0"},
    {"Host": ""},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://sandbox.test:8201"},
    {"Origin": "https://sandbox.test"},
    {"Origin": "http://sandbox.test.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://sandbox.test", "Sec-Fetch-Site": "cross-site"},
]
_OWN: list[dict[str, str]] = [
    {},
    {"Host": "localhost:8200", "Origin": "http://localhost:8200", "Sec-Fetch-Site": "same-origin"},
    {"Host": "LOCALHOST:8200", "Origin": "http://localhost:8200"},
    {"Host": "127.4.5.6"},
    {"Host": "[::1]:8200", "Origin": "http://[::1]:8200"},
    {"Origin": "http://sandbox.test"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.fixture
def full() -> Iterator[Sandbox]:
    """One with more of everything than a page holds."""
    sandbox = Sandbox(customers=120, partners=60, subscribers=60)
    yield sandbox
    sandbox.close()


@pytest_asyncio.fixture
async def browser(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with _browser(sandbox) as client:
        yield client


def _browser(sandbox: Sandbox) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app), base_url="http://sandbox.test")


async def _text(client: httpx.AsyncClient, path: str, **query: Any) -> str:
    response = await client.get(path, params=query or None)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return response.text


async def _subscribe(api: httpx.AsyncClient) -> str:
    webhook = {"name": "App", "url": "http://app.example/hook", "events": ["customer.created"]}
    response = await api.post("/webhooks", json=webhook)
    assert response.status_code == 201, response.text
    key: str = response.json()["data"]["key"]
    return key


async def test_requests_are_shown_newest_first_with_what_became_of_them(
    sandbox: Sandbox, api: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await api.get("/customers?page=2")
    sandbox.latency = (0.01, 0.01)
    sandbox.faults = (Fault("garble", times=0), Fault("status", status=503, path="/v1/part*"))
    await api.delete("/partners/a%2Fb")
    text = await _text(browser, "/")
    assert text.index("/v1/partners/a%2Fb") < text.index("/v1/customers?page=2")
    assert text.index("DELETE") < text.index("503") < text.index(">200<")
    assert "2 so far, 0 under way" in text


async def test_a_request_that_came_to_grief_is_shown(
    sandbox: Sandbox, api: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    sandbox.faults = (Fault("drop"),)
    with pytest.raises(ConnectionResetError):
        await api.get("/test")
    assert ">drop<" in await _text(browser, "/")


async def test_only_the_latest_requests_are_kept_and_long_ones_in_short(
    api: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    for number in range(201):
        await api.get(f"/nothing_{number:03}")
    text = await _text(browser, "/")
    assert "nothing_200" in text
    assert "nothing_001" in text
    assert "nothing_000" not in text
    await api.get("/" + "x" * 5000)
    assert "x" * 501 not in await _text(browser, "/")


async def test_looking_is_no_request(sandbox: Sandbox, browser: httpx.AsyncClient) -> None:
    for path in (*_PAGES, f"{_HOME}/style.css"):
        assert (await browser.get(path)).status_code == 200
    assert sandbox.stats.requests == 0
    assert "Nothing was asked yet" in await _text(browser, "/")


async def test_the_page_of_requests_loads_itself_again_until_it_is_paused(browser: httpx.AsyncClient) -> None:
    running, paused = await _text(browser, "/"), await _text(browser, "/?paused")
    assert '<meta http-equiv="refresh" content="2">' in running
    assert 'href="/?paused"' in running
    assert "http-equiv" not in paused


_SHOWN = [
    ("affiliate", "customers", ["customer_000120", "customer_000120@example.com", "2025-04-01 01:59:00"]),
    ("affiliate", "partners", ["partner_060", "ref_060", "partner_060@example.com"]),
    ("affiliate", "sales", ["transaction_0000", "customer_0000", "partner_0", " USD"]),
    ("affiliate", "rewards", ["transaction_0000", "partner_0", " USD"]),
    ("referral", "customers", ["customer_000120", "ref_000120", "Referred by"]),
    ("referral", "sales", ["transaction_0000", "customer_0000", " USD"]),
    ("referral", "rewards", ["customer_0000", "10 USD"]),
    ("newsletter", "customers", ["Subscribers", "subscriber_000060@example.com", "active"]),
]


@pytest.mark.parametrize(("kind", "noun", "words"), _SHOWN)
async def test_the_records_of_each_type_of_program_are_shown(
    full: Sandbox, kind: str, noun: str, words: list[str]
) -> None:
    async with _browser(full) as browser:
        text = await _text(browser, f"{_HOME}/{noun}", program=f"sandbox_{kind}")
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    ("kind", "noun"), [("referral", "partners"), ("newsletter", "partners"), ("newsletter", "sales")]
)
async def test_what_a_type_of_program_does_not_have_is_said(full: Sandbox, kind: str, noun: str) -> None:
    async with _browser(full) as browser:
        text = await _text(browser, f"{_HOME}/{noun}", program=f"sandbox_{kind}")
    assert f"Programs of the type {kind} have no {noun}." in text


async def test_rewards_of_a_newsletter_are_shown_with_how_often_they_were_given(sandbox: Sandbox) -> None:
    async with bare_client(sandbox, "sandbox_newsletter") as api:
        response = await api.post("/rewards", json={"name": "Mug", "subscribers_count": 37})
        assert response.status_code == 201, response.text
    async with _browser(sandbox) as browser:
        text = await _text(browser, f"{_HOME}/rewards", program="sandbox_newsletter")
    assert "<td>Mug</td>\n<td>37</td>\n<td>0</td>" in text


async def test_the_newest_fifty_are_on_the_first_page_and_the_rest_on_the_next(full: Sandbox) -> None:
    async with _browser(full) as browser:
        pages = [await _text(browser, f"{_HOME}/customers", page=number) for number in (1, 2, 3, 4)]
    shown = [
        [number for number in range(1, 121) if f"<td>customer_{number:06}</td>" in text] for text in pages
    ]
    assert shown == [list(range(71, 121)), list(range(21, 71)), list(range(1, 21)), []]
    assert "1–50 of 120" in pages[0]
    assert ['rel="prev"' in text for text in pages] == [False, True, True, True]
    assert ['rel="next"' in text for text in pages] == [True, True, False, False]


async def test_programs_are_told_apart(sandbox: Sandbox, browser: httpx.AsyncClient) -> None:
    async with bare_client(sandbox, REFERRAL_API_KEY) as friends:
        await friends.post("/customers", json={"id": "alice"})
    assert "alice" not in await _text(browser, f"{_HOME}/customers", program="sandbox_affiliate")
    assert "alice" in await _text(browser, f"{_HOME}/customers", program="sandbox_referral")


@pytest.mark.parametrize("query", [{"page": "0"}, {"page": "-1"}, {"page": "x"}, {"page": "9" * 30}])
async def test_a_page_that_cannot_be_is_404(browser: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await browser.get(f"{_HOME}/customers", params=query)).status_code == 404


async def test_an_unknown_program_is_404(browser: httpx.AsyncClient) -> None:
    response = await browser.get(f"{_HOME}/customers", params={"program": _SCRIPT})
    assert response.status_code == 404
    assert _SCRIPT not in response.text


async def test_what_users_wrote_is_text_wherever_it_is_shown(
    sandbox: Sandbox, api: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await _subscribe(api)
    await add_customer(api, _SCRIPT, name=_SCRIPT, email="a@example.com")
    await add_sale(api, _SCRIPT, key=_SCRIPT)
    sandbox.faults = (Fault("status", method=_SCRIPT, path=_SCRIPT),)
    await browser.get(f"/v1/nothing?<script>alert(1)</script>{_SCRIPT}")
    for path in _PAGES:
        text = await _text(browser, path)
        assert "<script" not in text
        assert path in ("/", f"{_HOME}/partners") or "&lt;script&gt;" in text, path


async def test_an_api_key_with_signs_of_its_own_leads_to_its_records() -> None:
    key = 'a&page=2"><b>'
    sandbox = Sandbox(api_keys={"first": "affiliate", key: "referral"}, customers=60)
    async with _browser(sandbox) as browser:
        text = await _text(browser, f"{_HOME}/customers", program=key)
    assert "?program=a%26page%3D2%22%3E%3Cb%3E&amp;page=2" in text
    assert "<b>" not in text
    sandbox.close()


async def test_deliveries_are_shown_with_their_attempts_and_can_be_sent_again(
    sandbox: Sandbox, api: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await _subscribe(api)
    await add_customer(api)
    app = httpx.MockTransport(lambda request: httpx.Response(418))
    assert "Not sent yet" in await _text(browser, f"{_HOME}/deliveries")
    await sandbox.deliver(app)
    text = await _text(browser, f"{_HOME}/deliveries")
    assert [word in text for word in ("customer.created", "http://app.example/hook", ">418<")] == [True] * 3
    response = await browser.post(f"{_HOME}/deliveries/1/resend")
    assert (response.status_code, response.headers["Location"]) == (303, f"{_HOME}/deliveries")
    await sandbox.deliver(app)
    assert (await _text(browser, f"{_HOME}/deliveries")).count(">418<") == 2


async def test_deliveries_are_paged_and_sending_again_leads_back_to_the_page(
    api: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await _subscribe(api)
    for number in range(51):
        await add_customer(api, f"customer_{number}")
    assert (await _text(browser, f"{_HOME}/deliveries")).count("<article") == 50
    text = await _text(browser, f"{_HOME}/deliveries", page=2)
    assert text.count("<article") == 1
    form = f"{_HOME}/deliveries/1/resend?page=2"
    assert f'action="{form}"' in text
    assert (await browser.post(form)).headers["Location"] == f"{_HOME}/deliveries?page=2"


@pytest.mark.parametrize("number", ["2", "x", "-1", "9" * 30])
async def test_a_delivery_that_is_not_there_cannot_be_sent_again(
    api: httpx.AsyncClient, browser: httpx.AsyncClient, number: str
) -> None:
    await _subscribe(api)
    await add_customer(api)
    assert (await browser.post(f"{_HOME}/deliveries/{number}/resend")).status_code == 404


async def test_a_delivery_whose_subscription_ended_cannot_be_sent_again(
    api: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    key = await _subscribe(api)
    await add_customer(api)
    await api.delete(f"/webhooks/{key}")
    response = await browser.post(f"{_HOME}/deliveries/1/resend")
    assert response.status_code == 409
    assert "was deleted or switched off" in response.text


async def test_a_fault_is_added_behind_those_in_force_which_go_on_counting(
    sandbox: Sandbox, api: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    sandbox.faults = (Fault("status", status=500, times=1),)
    assert (await api.get("/test")).status_code == 500
    form = {"do": "status", "status": "503", "method": "GET", "path": "/v1/te*", "rate": "1", "times": "2"}
    response = await browser.post(f"{_HOME}/faults", data={**form, "delay": ""})
    assert (response.status_code, response.headers["Location"]) == (303, f"{_HOME}/faults")
    assert sandbox.faults[1:] == (Fault("status", status=503, method="GET", path="/v1/te*", times=2),)
    assert [(await api.get("/test")).status_code for _ in range(3)] == [503, 503, 200]


async def test_faults_are_shown_with_how_often_they_can_still_strike(
    sandbox: Sandbox, api: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    sandbox.faults = (Fault("status", times=3), Fault("delay", delay=0.25, rate=0.5))
    await api.get("/test")
    text = await _text(browser, f"{_HOME}/faults")
    assert "2 of 3" in text
    assert "0.25 s" in text
    assert "no bound" in text


async def test_all_faults_are_ended(sandbox: Sandbox, browser: httpx.AsyncClient) -> None:
    sandbox.faults = (Fault("drop"), Fault("cut"))
    assert (await browser.post(f"{_HOME}/faults/end")).status_code == 303
    assert sandbox.faults == ()
    assert "as it should be" in await _text(browser, f"{_HOME}/faults")


_WRONG_FAULTS = [
    ({}, "do must be one of"),
    ({"do": "explode"}, "do must be one of"),
    ({"do": "delay"}, "delay is missing"),
    ({"do": "status", "status": "99"}, "status must be between"),
    ({"do": "status", "status": "many"}, "status must be a number"),
    ({"do": "status", "rate": "nan"}, "rate must be between"),
    ({"do": "status", "times": "-1"}, "times must be a whole number"),
    ({"do": "status", "path": "<b>", "rate": "2"}, "rate must be between"),
]


@pytest.mark.parametrize(("form", "complaint"), _WRONG_FAULTS)
async def test_a_wrong_fault_is_told_and_changes_nothing(
    sandbox: Sandbox, browser: httpx.AsyncClient, form: dict[str, str], complaint: str
) -> None:
    response = await browser.post(f"{_HOME}/faults", data=form)
    assert response.status_code == 422
    assert complaint in response.text
    assert "<b>" not in response.text
    assert sandbox.faults == ()


async def test_what_was_filled_in_stays_when_it_was_wrong(browser: httpx.AsyncClient) -> None:
    response = await browser.post(f"{_HOME}/faults", data={"do": "cut", "path": "/v1/a", "rate": "2"})
    assert 'value="/v1/a"' in response.text
    assert "<option selected>cut</option>" in response.text


@pytest.mark.parametrize(
    ("form", "seconds"),
    [
        ({"shortest": "20", "longest": "60.5"}, (0.02, 0.0605)),
        ({"shortest": "20", "longest": ""}, (0.02, 0.02)),
        ({"longest": "20"}, (0.02, 0.02)),
        ({}, (0, 0)),
    ],
)
async def test_the_latency_is_set_in_milliseconds(
    sandbox: Sandbox, browser: httpx.AsyncClient, form: dict[str, str], seconds: tuple[float, float]
) -> None:
    sandbox.latency = (1, 2)
    assert (await browser.post(f"{_HOME}/latency", data=form)).status_code == 303
    assert sandbox.latency == pytest.approx(seconds)


@pytest.mark.parametrize("form", [{"shortest": "2", "longest": "1"}, {"shortest": "x"}, {"shortest": "inf"}])
async def test_a_wrong_latency_is_told_and_changes_nothing(
    sandbox: Sandbox, browser: httpx.AsyncClient, form: dict[str, str]
) -> None:
    assert (await browser.post(f"{_HOME}/latency", data=form)).status_code == 422
    assert sandbox.latency == (0, 0)


@pytest.mark.parametrize("body", [b"\xff\xfe=%ff", b"&".join([b"a=1"] * 1000), b"=&=;%"])
async def test_a_body_that_is_no_form_is_told(browser: httpx.AsyncClient, body: bytes) -> None:
    assert (await browser.post(f"{_HOME}/faults", content=body)).status_code == 422


async def test_half_a_surrogate_pair_does_not_break_a_page(
    sandbox: Sandbox, browser: httpx.AsyncClient
) -> None:
    sandbox.faults = (Fault("drop", path="\ud800"),)
    assert ">?</td>" in await _text(browser, f"{_HOME}/faults")


async def test_the_rate_limit_is_shown(sandbox: Sandbox, browser: httpx.AsyncClient) -> None:
    assert "There is none." in await _text(browser, f"{_HOME}/faults")
    sandbox.rate_limit = (7, 2.5, False)
    assert "7 requests in each window of 2.5 s" in await _text(browser, f"{_HOME}/faults")


async def test_unknown_pages_are_404_and_wrong_methods_405(browser: httpx.AsyncClient) -> None:
    for path in (_HOME, f"{_HOME}/nothing", f"{_HOME}/customers/1", f"{_HOME}/templates/base.html"):
        assert (await browser.get(path)).status_code == 404
    for path in _PAGES:
        response = await browser.delete(path)
        assert (response.status_code, response.headers["Allow"][:3]) == (405, "GET")
    for path in _FORMS:
        if path != f"{_HOME}/faults":
            response = await browser.get(path)
            assert (response.status_code, response.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", [*_PAGES, f"{_HOME}/style.css", f"{_HOME}/nothing"])
async def test_every_page_forbids_what_it_does_not_need(browser: httpx.AsyncClient, path: str) -> None:
    headers = (await browser.get(path)).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


async def test_pages_need_nothing_that_their_policy_forbids(browser: httpx.AsyncClient) -> None:
    for path in _PAGES:
        text = await _text(browser, path)
        assert [word for word in ("<script", " style=", "<img", "http://", "https://") if word in text] == []


@pytest.mark.parametrize(("method", "path"), _CHANGES)
@pytest.mark.parametrize("headers", _FOREIGN, ids=str)
async def test_what_changes_something_is_refused_to_other_hosts_and_origins(
    sandbox: Sandbox, browser: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> None:
    sandbox.faults, sandbox.latency = (Fault("drop"),), (1, 2)
    response = await browser.request(method, path, headers=headers, content=b"[]")
    assert response.status_code == 403
    assert (sandbox.faults, sandbox.latency) == ((Fault("drop"),), (1, 2))


@pytest.mark.parametrize("headers", _OWN, ids=str)
async def test_this_machine_and_our_own_pages_may_change_something(
    sandbox: Sandbox, browser: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    sandbox.faults = (Fault("drop"),)
    response = await browser.put("/_sandbox/faults", headers=headers, content=b"[]")
    assert (response.status_code, sandbox.faults) == (200, ())
    assert (await browser.post(f"{_HOME}/faults/end", headers=headers)).status_code == 303


@pytest.mark.parametrize("path", _PAGES)
async def test_pages_are_not_shown_under_a_name_that_may_be_anybodys(
    browser: httpx.AsyncClient, path: str
) -> None:
    assert (await browser.get(path, headers={"Host": "evil.example"})).status_code == 403
    assert (await browser.get(path, headers={"Host": "localhost:8200"})).status_code == 200


async def test_a_link_from_another_site_leads_to_a_page(browser: httpx.AsyncClient) -> None:
    response = await browser.get("/", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 200


async def test_without_control_there_are_no_pages() -> None:
    sandbox = Sandbox(control=False)
    async with _browser(sandbox) as browser:
        for path in (*_PAGES, f"{_HOME}/style.css"):
            response = await browser.get(path)
            assert (response.status_code, response.headers["Content-Type"]) == (404, "application/json")
        for path in _FORMS:
            assert (await browser.post(path)).status_code == 404
    assert sandbox.faults == ()
    sandbox.close()


async def test_jinja_is_imported_only_when_a_page_is_asked_for() -> None:
    from ..test_floors import loaded_by

    assert "jinja2" not in loaded_by("from partnero_async.sandbox import Sandbox; Sandbox().close()")
