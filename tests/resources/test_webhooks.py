"""Webhook subscriptions: what is refused before it is sent, and where their secret is not shown."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from partnero_async import ArgumentError, ResponseError
from partnero_async.records import WebhookEventName, WebhookSubscription

from .scripts import Call, Script, envelope, refuse, reported

pytestmark = pytest.mark.asyncio

URL = "https://yourcompany.com/webhooks/partnero"
SECRET = "Sjn3sNnmh14yk6zb"
WEBHOOK: dict[str, Any] = {"key": "w", "name": "n", "url": URL, "signature": SECRET, "events": []}

BAD: list[tuple[str, Call, type[Exception], str]] = [
    *(
        (f"{name} of {key!r}", lambda api, call=call, key=key: call(api.webhooks, key), kind, "key")
        for name, call in (
            ("get", lambda webhooks, key: webhooks.get(key)),
            ("update", lambda webhooks, key: webhooks.update(key, name="n")),
            ("delete", lambda webhooks, key: webhooks.delete(key)),
        )
        for key, kind in (("", ArgumentError), ("..", ArgumentError), (None, TypeError), (5, TypeError))
    ),
    ("an empty name", lambda api: api.webhooks.create(name="", url=URL, events=["e"]), ArgumentError, "name"),
    ("no text as name", lambda api: api.webhooks.create(name=None, url=URL, events=["e"]), TypeError, "name"),
    *(
        (
            f"the URL {url!r}",
            lambda api, url=url: api.webhooks.create(name="n", url=url, events=["e"]),
            kind,
            "url",
        )
        for url, kind in (
            ("", ArgumentError),
            ("yourcompany.com", ArgumentError),
            ("mailto:a@b.co", ArgumentError),
            ("https:///path", ArgumentError),
            ("https://[bad", ArgumentError),
            ("https://a b.example", ArgumentError),
            ("https://a.example/\n", ArgumentError),
            (None, TypeError),
        )
    ),
    (
        "no events",
        lambda api: api.webhooks.create(name="n", url=URL, events=[]),
        ArgumentError,
        "at least one event",
    ),
    *(
        (
            f"{events!r} as events",
            lambda api, events=events: api.webhooks.create(name="n", url=URL, events=events),
            TypeError,
            f"^events must be several values, such as a list, not {type(events).__name__}$",
        )
        for events in ("partner.created", WebhookEventName.PARTNER_CREATED, b"partner.created", 5, None)
    ),
    (
        "an empty event",
        lambda api: api.webhooks.create(name="n", url=URL, events=[""]),
        ArgumentError,
        "an event",
    ),
    (
        "a number as event",
        lambda api: api.webhooks.create(name="n", url=URL, events=[5]),
        TypeError,
        "an event",
    ),
    (
        "an empty key",
        lambda api: api.webhooks.create(name="n", url=URL, events=["e"], key=""),
        ArgumentError,
        "key",
    ),
    (
        "null as key",
        lambda api: api.webhooks.create(name="n", url=URL, events=["e"], key=None),
        TypeError,
        "key",
    ),
    (
        "a number as flag",
        lambda api: api.webhooks.create(name="n", url=URL, events=["e"], is_active=1),
        TypeError,
        "is_active",
    ),
    ("nothing to update", lambda api: api.webhooks.update("w"), ArgumentError, "nothing to update"),
    (
        "no events any more",
        lambda api: api.webhooks.update("w", events=()),
        ArgumentError,
        "at least one event",
    ),
    ("one string of new events", lambda api: api.webhooks.update("w", events="e"), TypeError, "events"),
    ("a new URL of none", lambda api: api.webhooks.update("w", url="nowhere"), ArgumentError, "url"),
    ("an empty new name", lambda api: api.webhooks.update("w", name=""), ArgumentError, "name"),
    ("null as flag", lambda api: api.webhooks.update("w", is_active=None), TypeError, "is_active"),
    ("no items", lambda api: api.webhooks.list(limit=0), ArgumentError, "limit"),
]


@pytest.mark.parametrize(("call", "error", "said"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse(call, error, said)


async def test_members_and_words_of_any_iterable_are_sent_as_words() -> None:
    script = Script({"data": WEBHOOK})
    async with script.client() as partnero:
        await partnero.webhooks.create(
            name="n", url=URL, events=iter([WebhookEventName.LEAD_SUBMITTED, "reward.paid"])
        )
    assert script.last.body["events"] == ["lead.submitted", "reward.paid"]
    assert "is_active" not in script.last.body


async def test_the_secret_is_given_only_on_request() -> None:
    async with Script({"data": WEBHOOK}).client() as partnero:
        found = await partnero.webhooks.get("w")
    assert found.signature is not None
    assert found.signature.reveal() == SECRET
    assert found.to_dict()["signature"] == SECRET
    for text in (
        repr(found),
        str(found),
        f"{found}",
        repr(found.signature),
        str(found.signature),
        f"{[found]}",
    ):
        assert SECRET not in text
        assert "**" in text


async def test_a_traceback_with_locals_does_not_show_the_secret_of_a_record(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with Script({"data": WEBHOOK}).client() as partnero:
        found: WebhookSubscription = await partnero.webhooks.get("w")
        try:
            raise RuntimeError(f"cannot handle {found}")
        except RuntimeError as error:
            shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "found = WebhookSubscription(" in shown
    assert SECRET not in shown.replace(repr(WEBHOOK), "")
    assert SECRET not in caplog.text


UNREADABLE: list[Any] = [
    pytest.param({"data": WEBHOOK | {"events": "partner.created"}}, id="a string of events"),
    pytest.param({"data": WEBHOOK | {"key": None}}, id="a null key"),
    pytest.param({"data": [WEBHOOK]}, id="an array"),
    pytest.param({"data": WEBHOOK, "status": 0}, id="a failure that has the record"),
    pytest.param(f'{{"data": {{"key": "w", "signature": "{SECRET}"', id="cut off"),
]


@pytest.mark.parametrize("answer", UNREADABLE)
async def test_an_unreadable_answer_shows_no_secret_in_its_error(answer: Any) -> None:
    async with Script(answer).client() as partnero:
        with pytest.raises(ResponseError) as failed:
            await partnero.webhooks.get("w")
    error = failed.value
    assert SECRET not in f"{error} {error!r} {error.args} {vars(error)}"


@pytest.mark.parametrize("answer", UNREADABLE)
async def test_an_unreadable_answer_shows_no_secret_in_the_locals_of_our_frames(answer: Any) -> None:
    async with Script(answer).client() as partnero:
        with pytest.raises(ResponseError) as failed:
            await partnero.webhooks.get("w")
    assert "self=" in reported(failed.value)
    assert SECRET not in reported(failed.value)


@pytest.mark.parametrize("found", [5318008, [SECRET], {SECRET: SECRET}, True])
async def test_a_secret_of_another_kind_is_refused_by_name_and_not_shown(found: Any) -> None:
    async with Script({"data": WEBHOOK | {"signature": found}}).client() as partnero:
        with pytest.raises(ResponseError) as failed:
            await partnero.webhooks.get("w")
    assert str(failed.value) == (
        "GET /webhooks/{key} answered 200: "
        "WebhookSubscription.signature should be a string, but is something else (api.partnero.com)"
    )
    for secret in ("5318008", SECRET):
        assert secret not in f"{failed.value!r} {vars(failed.value)} {reported(failed.value)}"


@pytest.mark.parametrize("fields", [{}, {"signature": None}])
async def test_a_subscription_may_come_without_its_secret(fields: Any) -> None:
    async with Script(envelope(key="w", **fields)).client() as partnero:
        assert (await partnero.webhooks.get("w")).signature is None
