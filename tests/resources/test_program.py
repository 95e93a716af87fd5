"""The program and its settings: what is refused before it is sent, and the two steps of its end."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, get_type_hints

import httpx
import pytest

from partnero_async import ArgumentError, PartneroError, ResponseError, ServerError, ValidationError
from partnero_async.inputs import PortalSettingsUpdate, ProgramSettingsUpdate
from partnero_async.records import ProgramDeletion

from .scripts import DONE, Call, Script, refuse

pytestmark = pytest.mark.asyncio

SWITCHES = [
    (where, setting)
    for where, settings in (
        ("program_settings", ProgramSettingsUpdate),
        ("portal_settings", PortalSettingsUpdate),
    )
    for setting, kind in get_type_hints(settings).items()
    if kind is bool
]

BAD: list[tuple[str, Call, type[Exception], str]] = [
    ("nothing to update", lambda api: api.program.update(), ArgumentError, "nothing to update"),
    ("an empty name", lambda api: api.program.update(name=""), ArgumentError, "name"),
    ("no text as name", lambda api: api.program.update(name=None), TypeError, "name"),
    ("a long name", lambda api: api.program.update(name="n" * 256), ArgumentError, "255 characters"),
    (
        "a long website",
        lambda api: api.program.update(website="https://a.b/" + "x" * 239),
        ArgumentError,
        "250 characters",
    ),
    *(
        (f"the website {url!r}", lambda api, url=url: api.program.update(website=url), kind, "website")
        for url, kind in (
            ("", ArgumentError),
            ("example.com", ArgumentError),
            ("ftp://a.b", ArgumentError),
            ("https://", ArgumentError),
            ("https://[bad", ArgumentError),
            (5, TypeError),
        )
    ),
    *(
        (
            f"{days!r} days",
            lambda api, days=days: api.program.update(program_settings={"cookie_lifetime": days}),
            kind,
            "cookie_lifetime",
        )
        for days, kind in (
            (0, ArgumentError),
            (10_000_000, ArgumentError),
            ("30", TypeError),
            (True, TypeError),
            (None, TypeError),
        )
    ),
    *(
        (
            f"the currency {currency!r}",
            lambda api, currency=currency: api.program.update(program_settings={"currency": currency}),
            kind,
            "currency",
        )
        for currency, kind in (
            ("", ArgumentError),
            ("EU", ArgumentError),
            ("EURO", ArgumentError),
            ("E1R", ArgumentError),
            ("ЕВР", ArgumentError),
            (5, TypeError),
        )
    ),
    (
        "settings in a list",
        lambda api: api.program.update(program_settings=[("currency", "EUR")]),
        TypeError,
        "program_settings",
    ),
    *(
        (
            f"no {name}",
            lambda api, name=name: api.program.update(name="n", **{name: {}}),
            ArgumentError,
            f"^{name} is empty: there is nothing to change$",
        )
        for name in ("program_settings", "portal_settings")
    ),
    *(
        (
            f"{value!r} as switch {switch}",
            lambda api, where=where, switch=switch, value=value: api.program.update(
                **{where: {switch: value}}
            ),
            TypeError,
            f"^{switch} must be True or False, not {type(value).__name__}$",
        )
        for where, switch in SWITCHES
        for value in ("true", 1, None)
    ),
    ("null as settings", lambda api: api.program.update(portal_settings=None), TypeError, "portal_settings"),
    ("an empty code", lambda api: api.program.confirm_deletion(""), ArgumentError, "confirmation_code"),
    ("a blank code", lambda api: api.program.confirm_deletion(" "), ArgumentError, "confirmation_code"),
    ("no text as code", lambda api: api.program.confirm_deletion(None), TypeError, "confirmation_code"),
    ("no settings", lambda api: api.free_form_settings.update({}), ArgumentError, "no settings"),
    ("settings of a list", lambda api: api.free_form_settings.update([("a", 1)]), TypeError, "mapping"),
    ("settings of nothing", lambda api: api.free_form_settings.update(None), TypeError, "mapping"),
    ("a setting of no JSON", lambda api: api.free_form_settings.update({"a": object()}), TypeError, "JSON"),
    (
        "a setting of no number",
        lambda api: api.free_form_settings.update({"a": float("nan")}),
        ArgumentError,
        "nan",
    ),
    ("a setting of no name", lambda api: api.free_form_settings.update({5: "a"}), TypeError, "names"),
    (
        "a setting of no zone",
        lambda api: api.free_form_settings.update({"a": datetime(2025, 1, 1)}),
        ArgumentError,
        "time zone",
    ),
]


@pytest.mark.parametrize(("call", "error", "said"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse(call, error, said)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "n" * 255},
        {"website": "https://a.b/" + "x" * 238},
        {"program_settings": {"cookie_lifetime": 1}},
        {"program_settings": {"cookie_lifetime": 9_999_999, "currency": "eur"}},
        {"program_settings": {"something_new": True}},
        {"portal_settings": {"something_new": "on", "widget_enabled": False}},
    ],
)
async def test_what_is_within_the_bounds_is_sent_as_it_is(changes: Any) -> None:
    script = Script(DONE)
    async with script.client() as partnero:
        assert await partnero.program.update(**changes) is None
    assert script.last.body == changes


@pytest.mark.parametrize(("where", "switch"), SWITCHES)
async def test_a_switch_is_turned_on_and_off(where: str, switch: str) -> None:
    for value in (True, False):
        script = Script(DONE)
        async with script.client() as partnero:
            await partnero.program.update(**{where: {switch: value}})
        assert script.last.body[where][switch] is value


@pytest.mark.parametrize("url", ["user:pii@example.com", "ftp://a.b?token=pii", "https://[pii", "pii"])
async def test_a_refused_url_is_not_shown(url: str) -> None:
    async with Script(DONE).client() as partnero:
        for call in (
            lambda: partnero.program.update(website=url),
            lambda: partnero.webhooks.create(name="n", url=url, events=["e"]),
            lambda: partnero.webhooks.update("w", url=url),
        ):
            with pytest.raises(ArgumentError, match=r"^(website|url) must be an http\(s\) URL$") as refused:
                await call()
            assert "pii" not in f"{refused.value!r} {vars(refused.value)}"


async def test_a_refused_website_is_named_although_there_is_no_message() -> None:
    answer = {"status": 0, "errors": {"website": ["The website format is invalid."]}}
    async with Script(answer, status=422).client() as partnero:
        with pytest.raises(
            ValidationError, match=r"website: The website format is invalid\. \(api\.partnero\.com\)$"
        ) as refused:
            await partnero.program.update(website="https://a.b")
    assert refused.value.errors == {"website": ("The website format is invalid.",)}


async def test_any_settings_of_json_are_sent() -> None:
    script = Script(DONE)
    settings = {"a": None, "b": [1, {"c": "d"}], "e": Decimal("1.5"), "f": False}
    async with script.client() as partnero:
        await partnero.free_form_settings.update(settings)
    assert script.last.body == {"settings": settings}


async def test_settings_that_contain_themselves_are_refused() -> None:
    ring: dict[str, Any] = {"a": [1]}
    ring["a"].append(ring)
    await refuse(
        lambda api: api.free_form_settings.update(ring), ArgumentError, "^the body is nested too deeply$"
    )
    await refuse(lambda api: api.request("PUT", ("settings",), body=ring), ArgumentError, "too deeply$")


@pytest.mark.parametrize("answer", [{"status": 1}, {"data": {}}, {"data": None}, ""])
async def test_a_deletion_that_happened_in_one_step_is_told_as_one_in_doubt(answer: Any) -> None:
    script = Script(answer)
    async with script.client() as partnero:
        with pytest.raises(ResponseError, match="look it up") as failed:
            await partnero.program.request_deletion()
    assert failed.value.in_doubt
    assert len(script.requests) == 1


async def test_the_first_step_sends_no_code_and_the_second_no_other() -> None:
    script = Script({"data": {"confirmation_code": "aB3xK9mQ"}}, DONE)
    async with script.client() as partnero:
        code = (await partnero.program.request_deletion()).confirmation_code
        await partnero.program.confirm_deletion(code)
    assert [request.content for request in script.requests] == [b"", b'{"confirmation_code":"aB3xK9mQ"}']


@pytest.mark.parametrize("failure", [httpx.Response(500), httpx.ReadTimeout("late")])
async def test_neither_step_is_sent_again(failure: Any) -> None:
    for step in (lambda api: api.program.request_deletion(), lambda api: api.program.confirm_deletion("c")):
        script = Script(failure)
        async with script.client() as partnero:
            with pytest.raises(PartneroError) as failed:
                await step(partnero)
        assert (len(script.requests), failed.value.in_doubt) == (1, True)


async def test_the_code_is_in_no_error() -> None:
    async with Script("oops", status=500).client() as partnero:
        with pytest.raises(ServerError) as failed:
            await partnero.program.confirm_deletion("aB3xK9mQ")
    assert "aB3xK9mQ" not in f"{failed.value} {failed.value!r} {vars(failed.value)}"


async def test_the_code_is_in_no_repr() -> None:
    async with Script({"data": {"confirmation_code": "aB3xK9mQ"}}).client() as partnero:
        deletion = await partnero.program.request_deletion()
    assert (repr(deletion), f"{deletion}") == ("ProgramDeletion()", "ProgramDeletion()")
    assert deletion == ProgramDeletion(confirmation_code="aB3xK9mQ")
    assert deletion != ProgramDeletion(confirmation_code="other")
    assert deletion.to_dict() == {"confirmation_code": "aB3xK9mQ"}
