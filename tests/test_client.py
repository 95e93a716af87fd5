"""AsyncPartnero: settings, lifetime, views, and the way out."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import ssl
import warnings
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import anyio
import httpx
import pytest
import respx

from partnero_async import ArgumentError, AsyncPartnero, NotFoundError, RateLimit, Ref, UsageError
from partnero_async.sandbox import Sandbox

from .servers import customer_json, partnero_of, scripted

SECRET = "sk_very_secret"


async def answer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=customer_json("c"))


BAD_SETTINGS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"timeout": 0}, ArgumentError, "timeout"),
    ({"timeout": -1}, ArgumentError, "timeout"),
    ({"timeout": float("inf")}, ArgumentError, "timeout"),
    ({"timeout": float("nan")}, ArgumentError, "timeout"),
    ({"timeout": "10"}, TypeError, "timeout"),
    ({"deadline": 0}, ArgumentError, "deadline"),
    ({"retries": -1}, ArgumentError, "retries"),
    ({"retries": 1.5}, TypeError, "retries"),
    ({"max_concurrency": 0}, ArgumentError, "max_concurrency"),
    ({"max_concurrency": None}, TypeError, "max_concurrency"),
    ({"max_body": 0}, ArgumentError, "max_body"),
    ({"max_waiting": -1}, ArgumentError, "max_waiting"),
    ({"max_waiting": "5"}, TypeError, "max_waiting"),
    ({"max_pause": 0}, ArgumentError, "max_pause"),
    ({"max_pause": "5"}, TypeError, "max_pause"),
    ({"rate_limit": (60, 60)}, TypeError, "rate_limit"),
    ({"base_url": "ftp://api.partnero.com/v1"}, ArgumentError, "base_url"),
    ({"base_url": "http://api.partnero.com/v1"}, ArgumentError, "base_url"),
    ({"base_url": "https://user:pass@api.partnero.com/v1"}, ArgumentError, "base_url"),
    ({"base_url": "http://127.0.0.1@evil.example/v1"}, ArgumentError, "base_url"),
    ({"base_url": "https://api.partnero.com/v1?x=1"}, ArgumentError, "base_url"),
    ({"base_url": 5}, TypeError, "base_url"),
    ({"proxy": "gopher://proxy.example"}, ArgumentError, "proxy"),
    ({"proxy": "::"}, ArgumentError, "proxy"),
    ({"proxy": 5}, TypeError, "proxy"),
    ({"allow_http": "false"}, TypeError, "allow_http"),
    ({"preload": 1}, TypeError, "preload"),
    ({"verify": "ca.pem"}, TypeError, "verify"),
    ({"transport": 5}, TypeError, "transport"),
    ({"http_client": httpx.Client()}, TypeError, "http_client"),
    ({"json_loads": 5}, TypeError, "json_loads"),
]


@pytest.mark.parametrize(("settings", "error", "name"), BAD_SETTINGS)
def test_a_bad_setting_is_refused_and_named(
    settings: dict[str, Any], error: type[Exception], name: str
) -> None:
    with pytest.raises(error, match=name) as caught:
        AsyncPartnero(SECRET, **settings)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("key", ["", " ", "two\nlines", "trailing\n", " sk_9 ", "schlüssel", "nul\x00"])
def test_a_bad_api_key_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ArgumentError, match="api_key") as caught:
        AsyncPartnero(key)
    assert not key.strip() or key not in str(caught.value)


def test_without_an_api_key_the_error_says_how_to_give_one() -> None:
    with pytest.raises(ArgumentError, match="PARTNERO_API_KEY"):
        AsyncPartnero()


def test_an_api_key_that_is_no_string_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="api_key must be a string, not bytes"):
        AsyncPartnero(b"key")  # type: ignore[arg-type]


def test_settings_that_exclude_each_other_are_refused() -> None:
    client, transport = httpx.AsyncClient(), httpx.MockTransport(answer)
    for settings in (
        {"http_client": client, "transport": transport},
        {"transport": transport, "proxy": "http://proxy.example"},
        {"http_client": client, "verify": False},
    ):
        with pytest.raises(ArgumentError):
            AsyncPartnero(SECRET, **settings)  # type: ignore[arg-type]


@pytest.mark.asyncio
async def test_the_environment_gives_the_api_key_and_the_base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERO_API_KEY", "from_environment")
    monkeypatch.setenv("PARTNERO_BASE_URL", "https://staging.example/v1/")
    with respx.mock:
        route = respx.get("https://staging.example/v1/customers/c").respond(json=customer_json("c"))
        async with AsyncPartnero() as partnero:
            await partnero.customers.get("c")
    assert route.calls[0].request.headers["Authorization"] == "Bearer from_environment"


@pytest.mark.asyncio
@pytest.mark.parametrize("using", ["httpx", "httpcore"])
async def test_respx_sees_every_request_of_the_default_engine(using: str) -> None:
    with respx.mock(using=using) as mock:
        mock.get("https://api.partnero.com/v1/customers/c").respond(json=customer_json("c"))
        mock.get("https://api.partnero.com/v1/customers/nobody").respond(
            404, json={"message": "Customer not found."}
        )
        async with AsyncPartnero(SECRET) as partnero:
            assert (await partnero.customers.get("c")).key == "c"
            with pytest.raises(NotFoundError):
                await partnero.customers.get("nobody")
            batch = await partnero.customers.get_many(["c", "nobody"])
    assert (list(batch.found), batch.missing) == (["c"], ("nobody",))


def test_the_repr_shows_where_but_not_the_key() -> None:
    text = repr(AsyncPartnero(SECRET))
    assert "api.partnero.com" in text
    assert SECRET not in text


def test_a_client_is_not_pickled_with_its_key() -> None:
    for duplicate in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            duplicate(AsyncPartnero(SECRET))  # type: ignore[operator]


def failing_frames(call: Callable[[], Any]) -> list[str]:
    """The reprs of all locals of our frames below ``call``, as an error reporter prints them."""
    with pytest.raises((ValueError, TypeError, ZeroDivisionError)) as caught:
        call()
    shown, frame = list[str](), caught.value.__traceback__
    while frame is not None:
        if "partnero_async/" in frame.tb_frame.f_code.co_filename:
            shown += [repr(value) for value in frame.tb_frame.f_locals.values()]
        frame = frame.tb_next
    return shown


@pytest.mark.parametrize("settings", [case[0] for case in BAD_SETTINGS])
def test_no_local_of_our_frames_shows_the_key_when_a_setting_is_bad(settings: dict[str, Any]) -> None:
    shown = failing_frames(lambda: AsyncPartnero(SECRET, **settings))
    assert shown
    assert not any(SECRET in text for text in shown)


def test_no_local_of_our_frames_shows_the_key_when_a_call_fails() -> None:
    async def fail(request: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    async def call() -> None:
        transport = httpx.MockTransport(fail)
        async with AsyncPartnero(SECRET, transport=transport) as partnero:
            await partnero.customers.create(key="c", partner=Ref(key="r"))

    shown = failing_frames(lambda: asyncio.run(call()))
    assert len(shown) > 20
    assert not any(SECRET in text for text in shown)


# Lifetime.


@pytest.mark.anyio
async def test_a_client_works_without_async_with() -> None:
    partnero = scripted(answer)
    assert (await partnero.customers.get("c")).key == "c"
    await partnero.aclose()


@pytest.mark.anyio
async def test_closing_twice_is_harmless() -> None:
    partnero = scripted(answer)
    await partnero.aclose()
    await partnero.aclose()


@pytest.mark.anyio
async def test_a_closed_client_says_that_it_is_closed() -> None:
    async with scripted(answer) as partnero:
        pass
    with pytest.raises(UsageError, match="closed"):
        await partnero.customers.get("c")
    with pytest.raises(UsageError, match="closed"):
        async with partnero:
            pass


def test_a_client_can_be_made_before_there_is_an_event_loop() -> None:
    partnero = scripted(answer)

    async def main() -> None:
        async with partnero:
            assert (await partnero.customers.get("c")).key == "c"

    asyncio.run(main())


def test_a_second_event_loop_is_a_clear_error() -> None:
    partnero: AsyncPartnero = scripted(answer)

    async def main() -> None:
        await partnero.customers.get("c")

    asyncio.run(main())
    with pytest.raises(UsageError, match="another event loop"):
        asyncio.run(main())
    with pytest.raises(UsageError, match="another event loop"):
        asyncio.run(partnero.aclose())
    with pytest.warns(ResourceWarning, match="unclosed"):
        partnero.__del__()
    partnero._caller.session.closed = True


@pytest.mark.anyio
async def test_a_client_may_be_entered_and_left_in_different_tasks() -> None:
    partnero = scripted(answer)
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: partnero.__aenter__())
    await partnero.customers.get("c")
    async with anyio.create_task_group() as group:
        group.start_soon(partnero.aclose)


def test_an_unclosed_client_warns_and_names_where_it_was_made() -> None:
    partnero: AsyncPartnero | None = scripted(answer)
    asyncio.run(partnero.request("GET", ("customers", "c")))
    with pytest.warns(ResourceWarning, match=r"unclosed .*servers\.py:\d+"):
        del partnero
        gc.collect()


def test_a_client_that_was_never_used_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        AsyncPartnero(SECRET)
        gc.collect()


@pytest.mark.asyncio
async def test_a_client_that_the_user_passed_in_stays_open() -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http_client:
        async with AsyncPartnero(SECRET, http_client=http_client) as partnero:
            await partnero.customers.get("c")
        assert not http_client.is_closed


@pytest.mark.asyncio
async def test_a_users_client_that_is_closed_is_a_clear_error() -> None:
    http_client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    await http_client.aclose()
    async with AsyncPartnero(SECRET, http_client=http_client) as partnero:
        with pytest.raises(UsageError, match=r"httpx\.AsyncClient"):
            await partnero.customers.get("c")


@pytest.mark.asyncio
async def test_the_users_client_neither_replaces_the_key_nor_follows_redirects() -> None:
    seen = list[httpx.Request]()

    async def redirect(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"Location": "https://evil.example/"})

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(redirect), auth=("user", "password"), follow_redirects=True
    ) as http_client:
        async with AsyncPartnero(SECRET, http_client=http_client) as partnero:
            with pytest.raises(Exception, match="redirect"):
                await partnero.customers.get("c")
    assert [request.headers["Authorization"] for request in seen] == [f"Bearer {SECRET}"]


# Views.


@pytest.mark.anyio
async def test_closing_a_view_closes_nothing() -> None:
    async with scripted(answer) as partnero:
        async with partnero.with_options(timeout=3) as view:
            await view.customers.get("c")
        assert (await partnero.customers.get("c")).key == "c"


@pytest.mark.anyio
async def test_a_view_of_a_closed_client_is_closed() -> None:
    async with scripted(answer) as partnero:
        view = partnero.with_options(retries=0)
    with pytest.raises(UsageError):
        await view.customers.get("c")


def test_a_view_keeps_its_client_which_warns_when_nobody_closed_it() -> None:
    async def main() -> AsyncPartnero:
        async with scripted(answer).with_options(timeout=5).with_options(retries=0) as view:
            gc.collect()
            await view.customers.get("c")
        return view

    view: AsyncPartnero | None = asyncio.run(main())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gc.collect()
    with pytest.warns(ResourceWarning, match="unclosed") as warned:
        del view
        gc.collect()
    assert len(warned) == 1


class Tenant(AsyncPartnero):
    """A client of one of many programs."""

    def __init__(self, name: str, **settings: Any) -> None:
        super().__init__(SECRET, **settings)
        self.name = name

    async def first(self) -> str:
        return f"{self.name}: {(await self.customers.get('c')).key}"


@pytest.mark.anyio
async def test_a_view_has_what_a_subclass_added_and_resources_of_its_own() -> None:
    async with Tenant("acme", transport=httpx.MockTransport(answer), retries=4) as partnero:
        await partnero.first()
        view = partnero.with_options(retries=1)
        assert type(view) is Tenant
        assert await view.first() == "acme: c"
        assert view.customers is not partnero.customers
        assert [c.customers._caller.patience.retries for c in (partnero, view)] == [4, 1]
        view.name = "other"
        assert partnero.name == "acme"


@pytest.mark.anyio
async def test_a_view_cannot_be_entered_when_its_client_is_closed() -> None:
    async with scripted(answer) as partnero:
        view = partnero.with_options(retries=0)
        await view.aclose()
        assert repr(view).endswith("open>")
    with pytest.raises(UsageError, match="closed"):
        await view.__aenter__()
    await view.aclose()


@pytest.mark.anyio
async def test_a_view_changes_only_what_it_names() -> None:
    async with scripted(answer, timeout=7, deadline=70, retries=4) as partnero:
        patience = partnero.with_options(timeout=None)._caller.patience
    assert (patience.timeout, patience.deadline, patience.retries) == (None, 70, 4)


def test_bad_options_are_refused_when_they_are_named() -> None:
    partnero = scripted(answer)
    for options in ({"timeout": 0}, {"deadline": -1}, {"retries": -1}):
        with pytest.raises(ArgumentError):
            partnero.with_options(**options)  # type: ignore[arg-type]


# request().


@pytest.mark.anyio
async def test_request_reaches_any_endpoint(sandbox: Sandbox) -> None:
    async with partnero_of(sandbox) as partnero:
        reply = await partnero.request("GET", ("customers", "customer_000001"))
        assert (reply.status, reply.json["data"]["key"]) == (200, "customer_000001")
        assert reply.headers["content-type"] == "application/json"
        page = await partnero.request("GET", ("partners",), query={"limit": 1, "page": None})
        assert len(page.json["data"]) == 1
        with pytest.raises(NotFoundError):
            await partnero.request("GET", ("unheard", "of"))


@pytest.mark.anyio
async def test_request_keeps_amounts_exact_both_ways() -> None:
    sent = list[bytes]()

    async def echo(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return httpx.Response(200, content=request.content)

    async with scripted(echo) as partnero:
        reply = await partnero.request(
            "POST", ("x",), body={"amount": Decimal("29.997"), "many": [Decimal("1E+3")]}
        )
    assert sent == [b'{"amount":29.997,"many":[1000]}']
    assert reply.json == {"amount": Decimal("29.997"), "many": [1000]}


@pytest.mark.anyio
async def test_query_parameters_of_a_request_are_written_plainly_or_refused() -> None:
    urls = list[str]()

    async def note(request: httpx.Request) -> httpx.Response:
        urls.append(request.url.query.decode())
        return httpx.Response(200, json={})

    async with scripted(note) as partnero:
        query = {"tags": ["a b", "c"], "flag": True, "n": 5, "x": Decimal("1E+2"), "none": None}
        await partnero.request("GET", ("x",), query=query)
        with pytest.raises(TypeError, match="nested"):
            await partnero.request("GET", ("x",), query={"nested": {"a": 1}})
    assert urls == ["tags=a%20b&tags=c&flag=true&n=5&x=100"]


def test_the_environments_proxy_is_no_affair_of_a_users_own_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://nonsense")
    AsyncPartnero(SECRET, http_client=httpx.AsyncClient(transport=httpx.MockTransport(answer)))


def test_the_password_of_a_proxy_is_not_shown() -> None:
    with pytest.raises(ArgumentError, match="proxy") as caught:
        AsyncPartnero(SECRET, proxy="gopher://user:pa55@host:3128")
    assert "pa55" not in str(caught.value)


@pytest.mark.anyio
async def test_request_refuses_what_is_no_path_or_method() -> None:
    async with scripted(answer) as partnero:
        for path in ("customers", (), None, [1], (1,)):
            with pytest.raises(TypeError):
                await partnero.request("GET", path)  # type: ignore[arg-type]
        for path in (("",), ("customers", ".."), ("customers", " ")):
            with pytest.raises(ArgumentError):
                await partnero.request("GET", path)
        for method in ("", "GET /", "GET\r\nX: y"):
            with pytest.raises(ArgumentError):
                await partnero.request(method, ("customers",))


@pytest.mark.anyio
async def test_the_connection_test_names_the_program(sandbox: Sandbox) -> None:
    async with partnero_of(sandbox) as partnero:
        connection = await partnero.test()
    assert connection.program is not None
    assert len(connection.program.pub_id) == 8


@pytest.mark.anyio
async def test_another_json_parser_can_be_brought() -> None:
    import json

    texts = list[str]()

    def parse(text: str) -> Any:
        texts.append(text)
        return json.loads(text)

    async with scripted(answer, json_loads=parse) as partnero:
        assert (await partnero.customers.get("c")).key == "c"
    assert len(texts) == 1


@pytest.mark.anyio
async def test_a_rate_limit_of_our_own_is_kept() -> None:
    times = list[float]()

    async def note(request: httpx.Request) -> httpx.Response:
        times.append(anyio.current_time())
        return await answer(request)

    async with scripted(note, rate_limit=RateLimit(2, 10)) as partnero:
        await partnero.customers.get_many([f"c{n}" for n in range(6)])
    assert times[-1] - times[0] == pytest.approx(20)


def test_preload_loads_all_records() -> None:
    AsyncPartnero(SECRET, preload=True)


def test_a_tls_context_of_ones_own_is_used_as_it_is() -> None:
    AsyncPartnero(SECRET, verify=ssl.create_default_context())
