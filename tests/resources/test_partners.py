"""Partners: what is refused before it is sent, what a 404 may mean, and what no error shows."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

import pytest

from partnero_async import ArgumentError, NotFoundError, PartneroError, Ref, ValidationError

from .scripts import DONE, Call, Script, envelope, refuse, reported

pytestmark = pytest.mark.asyncio

HINT = r"find\(Ref\(key=\.\.\.\)\)"
ME = Ref(key="ref_123")

BAD: list[tuple[str, Call, type[Exception], str]] = [
    *(
        (f"{name} of {id!r:.10}", lambda api, call=call, id=id: call(api, id), kind, "id")
        for name, call in (
            ("get", lambda api, id: api.partners.get(id)),
            ("update", lambda api, id: api.partners.update(id, name="x")),
            ("delete", lambda api, id: api.partners.delete(id)),
            ("archive", lambda api, id: api.partners.archive(id)),
            ("unarchive", lambda api, id: api.partners.unarchive(id)),
            ("reward", lambda api, id: api.partners.reward(id, amount=1)),
            ("referral_links", lambda api, id: api.partners.referral_links(id)),
        )
        for id, kind in (
            ("", ArgumentError),
            (" \t", ArgumentError),
            (".", ArgumentError),
            ("..", ArgumentError),
            ("\ud800", ArgumentError),
            (None, TypeError),
            (5, TypeError),
            (b"p", TypeError),
        )
    ),
    *(
        (
            f"{name} of a bare {type(ref).__name__}",
            lambda api, call=call, ref=ref: call(api, ref),
            TypeError,
            said,
        )
        for name, said, call in (
            ("find", "partner must be a Ref", lambda api, ref: api.partners.find(ref)),
            ("sign_in_url", "partner must be a Ref", lambda api, ref: api.partners.sign_in_url(ref)),
            (
                "create",
                "referring_partner must be a Ref",
                lambda api, ref: api.partners.create(email="a@b.co", referring_partner=ref),
            ),
        )
        for ref in ("ref_123", None, {"key": "ref_123"})
    ),
    ("an empty e-mail", lambda api: api.partners.create(email=""), ArgumentError, "email"),
    ("a blank e-mail", lambda api: api.partners.create(email=" "), ArgumentError, "email"),
    ("no text as e-mail", lambda api: api.partners.create(email=None), TypeError, "email"),
    ("no text as name", lambda api: api.partners.create(email="e", name=5), TypeError, "name"),
    ("no text as surname", lambda api: api.partners.create(email="e", surname=b"x"), TypeError, "surname"),
    ("an empty id", lambda api: api.partners.create(email="e", id=""), ArgumentError, "id"),
    ("no text as id", lambda api: api.partners.create(email="e", id=7), TypeError, "id"),
    ("a blank key", lambda api: api.partners.create(email="e", key=" "), ArgumentError, "key"),
    ("no text as key", lambda api: api.partners.create(email="e", key=None), TypeError, "key"),
    *(
        (
            f"{tags!r} as tags",
            lambda api, tags=tags: api.partners.create(email="e", tags=tags),
            TypeError,
            f"^tags must be several values, such as a list, not {type(tags).__name__}$",
        )
        for tags in ("new", b"new", 5)
    ),
    ("an empty tag", lambda api: api.partners.create(email="e", tags=["new", ""]), ArgumentError, "a tag"),
    ("a number as tag", lambda api: api.partners.create(email="e", tags=[5]), TypeError, "a tag"),
    *(
        (
            f"the password {word!r}",
            lambda api, word=word: api.partners.create(email="e", password=word),
            ArgumentError,
            "password",
        )
        for word in ("", "Short1a", "alllower1", "ALLUPPER1", "NoDigitsHere", "12345678")
    ),
    ("no text as password", lambda api: api.partners.create(email="e", password=None), TypeError, "password"),
    ("a new password", lambda api: api.partners.update("p", password="weak"), ArgumentError, "password"),
    ("nothing to update", lambda api: api.partners.update("p"), ArgumentError, "nothing to update"),
    ("nothing to update by Ref", lambda api: api.partners.update(ME), ArgumentError, "nothing to update"),
    (
        "an update by id in the body",
        lambda api: api.partners.update(Ref(id="p"), name="x"),
        ArgumentError,
        "email or key",
    ),
    (
        "a deletion by id in the body",
        lambda api: api.partners.delete(Ref(id="p")),
        ArgumentError,
        "email or key",
    ),
    ("an empty new key", lambda api: api.partners.update("p", new_key=""), ArgumentError, "new_key"),
    ("an empty new e-mail", lambda api: api.partners.update("p", email=""), ArgumentError, "email"),
    ("null as new e-mail", lambda api: api.partners.update("p", email=None), TypeError, "email"),
    ("no text as new e-mail", lambda api: api.partners.update("p", email=5), TypeError, "email"),
    ("one string as new tags", lambda api: api.partners.update("p", tags="vip"), TypeError, "tags"),
    (
        "a reward of a float",
        lambda api: api.partners.reward("p", amount=1.5),
        TypeError,
        r"Decimal\(str\(1\.5\)\)",
    ),
    ("a reward of a text", lambda api: api.partners.reward("p", amount="1.5"), TypeError, "amount"),
    ("a reward of True", lambda api: api.partners.reward("p", amount=True), TypeError, "amount"),
    *(
        (
            f"a reward of {amount}",
            lambda api, amount=amount: api.partners.reward("p", amount=Decimal(amount)),
            ArgumentError,
            "amount",
        )
        for amount in ("0", "-1", "0.001", "0.009", "12.345", "NaN", "Infinity", "1e999999", "-0.01")
    ),
    (
        "a reward on a text",
        lambda api: api.partners.reward("p", amount=1, date="2025-01-01"),
        TypeError,
        "date",
    ),
    (
        "a reward of no zone",
        lambda api: api.partners.reward("p", amount=1, date=datetime(2025, 1, 1)),
        ArgumentError,
        "date needs a time zone",
    ),
    ("a note of bytes", lambda api: api.partners.reward("p", amount=1, note=b"x"), TypeError, "note"),
    *(
        (
            f"a sign-in for {seconds}",
            lambda api, seconds=seconds: api.partners.sign_in_url(ME, expires_in=seconds),
            kind,
            "expires_in",
        )
        for seconds, kind in (
            (29, ArgumentError),
            (901, ArgumentError),
            (0, ArgumentError),
            (60.0, TypeError),
            (True, TypeError),
            (None, TypeError),
        )
    ),
    *(
        (
            f"a {name} with limit {limit}",
            lambda api, call=call, limit=limit: call(api, limit),
            ArgumentError,
            "limit",
        )
        for name, call in (
            ("list", lambda api, limit: api.partners.list(limit=limit)),
            ("search", lambda api, limit: api.partners.search(key="k", limit=limit)),
            ("referral_links", lambda api, limit: api.partners.referral_links("p", limit=limit)),
        )
        for limit in (0, 251, -1)
    ),
    ("a search for nobody", lambda api: api.partners.search(), ArgumentError, "exactly one of"),
    (
        "a search for two",
        lambda api: api.partners.search(id="a", email="b"),
        ArgumentError,
        "it was given email and id",
    ),
    (
        "a search for a blank",
        lambda api: api.partners.search(email=" "),
        ArgumentError,
        "email must not be blank",
    ),
    ("a search for a number", lambda api: api.partners.search(id=5), TypeError, "id must be a string"),
    ("page 0", lambda api: api.partners.list(page=0), ArgumentError, "page"),
]


@pytest.mark.parametrize(("call", "error", "said"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse(call, error, said)


@pytest.mark.parametrize("amount", ["0.01", "1", "12.50", "12.500", "1E+3"])
async def test_a_reward_of_whole_cents_is_sent(amount: str) -> None:
    script = Script(DONE)
    async with script.client() as partnero:
        await partnero.partners.reward("p", amount=Decimal(amount))
    assert script.last.body == {"amount": Decimal(amount)}


@pytest.mark.parametrize("amount", [10**27, Decimal("1E+28")])
async def test_how_much_is_too_much_is_for_the_server_to_judge(amount: Decimal | int) -> None:
    script = Script(DONE)
    async with script.client() as partnero:
        await partnero.partners.reward("p", amount=amount)
    assert script.last.body == {"amount": amount}


async def test_cents_are_counted_whatever_the_precision_of_the_users_decimal_context() -> None:
    async with Script(DONE).client() as partnero:
        with localcontext() as context:
            context.prec = 4
            await partnero.partners.reward("p", amount=Decimal("12345.67"))
            with pytest.raises(ArgumentError, match="two decimals"):
                await partnero.partners.reward("p", amount=Decimal("12345.678"))


@pytest.mark.parametrize("seconds", [30, 900])
async def test_a_sign_in_of_half_a_minute_to_a_quarter_of_an_hour_is_asked_for(seconds: int) -> None:
    script = Script(DONE)
    async with script.client() as partnero:
        await partnero.partners.sign_in_url(ME, expires_in=seconds)
        await partnero.partners.sign_in_url(ME)
    assert [len(request.content) > 20 for request in script.requests] == [True, False]


async def test_unset_is_not_sent_none_is_null_and_an_empty_tuple_clears() -> None:
    script = Script(envelope(id="p"))
    async with script.client() as partnero:
        await partnero.partners.create(email="e", name=None, tags=())
        assert script.last.body == {"email": "e", "name": None, "tags": []}
        await partnero.partners.update("p", surname=None, tags=None)
        assert script.last.body == {"update": {"surname": None, "tags": None}}
        await partnero.partners.update("p", tags=())
        assert script.last.body == {"update": {"tags": []}}


async def test_tags_may_come_from_any_iterable() -> None:
    script = Script(envelope(id="p"))
    async with script.client() as partnero:
        await partnero.partners.create(email="e", tags=(tag for tag in ("a", "b")))
    assert script.last.body["tags"] == ["a", "b"]


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.partners.get("ref_123"),
        lambda api: api.partners.update("ref_123", name="x"),
        lambda api: api.partners.delete("ref_123"),
        lambda api: api.partners.archive("ref_123"),
        lambda api: api.partners.unarchive("ref_123"),
        lambda api: api.partners.reward("ref_123", amount=1),
        lambda api: api.partners.referral_links("ref_123"),
    ],
)
@pytest.mark.parametrize("answer", [{"message": "Partner not found."}, {}])
async def test_a_404_of_a_path_says_that_only_an_id_is_found_there(call: Call, answer: Any) -> None:
    async with Script(answer, status=404).client() as partnero:
        with pytest.raises(NotFoundError, match=HINT) as refused:
            await call(partnero)
    error = refused.value
    assert str(error).count("find(Ref") == 1
    assert "ref_123" not in str(error)
    assert not error.in_doubt
    assert ("Partner not found; partners are named" in str(error)) == bool(answer)


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.partners.find(ME),
        lambda api: api.partners.update(ME, name="x"),
        lambda api: api.partners.delete(ME),
        lambda api: api.partners.sign_in_url(ME),
        lambda api: api.customers.get("c"),
        lambda api: api.transactions.get("t"),
        lambda api: api.partner_referral_links.get("r"),
    ],
)
async def test_a_404_of_anything_else_has_no_such_hint(call: Call) -> None:
    async with Script({"message": "Not found."}, status=404).client() as partnero:
        with pytest.raises(NotFoundError) as refused:
            await call(partnero)
    assert "Ref(" not in str(refused.value)


@pytest.mark.parametrize("message", ["x" * 10_000, "word " * 2_000, "." * 10_000])
async def test_the_hint_survives_a_long_message_of_the_server(message: str) -> None:
    async with Script({"message": message}, status=404).client() as partnero:
        with pytest.raises(NotFoundError, match=rf"named here by id alone: {HINT}") as refused:
            await partnero.partners.get("ref_123")
    assert len(str(refused.value)) < 400


async def test_another_refusal_than_404_has_no_such_hint() -> None:
    async with Script({"message": "The name is too long."}, status=422).client() as partnero:
        with pytest.raises(ValidationError) as refused:
            await partnero.partners.update("p", name="x")
    assert "find(" not in str(refused.value)


async def test_missing_partners_of_a_batch_are_missing_and_no_failure() -> None:
    async with Script({"message": "no"}, status=404).client() as partnero:
        batch = await partnero.partners.get_many(["a", "b", "a"])
    assert (batch.missing, batch.failed, batch.found) == (("a", "b"), {}, {})


PASSWORD = "Tr0ub4dor-secret"


@pytest.mark.parametrize("word", ["tr0ub4dor-secret", "TR0UB4DOR-SECRET", "Troubador-secret", "Tr0ub4d"])
async def test_a_refused_password_is_in_no_error(word: str) -> None:
    async with Script(DONE).client() as partnero:
        for call in (
            partnero.partners.create(email="e", password=word),
            partnero.partners.update("p", password=word),
        ):
            with pytest.raises(ArgumentError) as refused:
                await call
            error = refused.value
            assert word not in f"{error} {error!r} {error.args} {vars(error)}"
            assert word not in reported(error)


@pytest.mark.parametrize("status", [400, 422, 500])
async def test_a_password_that_was_sent_is_in_no_error(status: int) -> None:
    answer = {"message": "no", "errors": {"password": ["The password has leaked."]}}
    async with Script(answer, status=status).client() as partnero:
        for call in (
            partnero.partners.create(email="e", password=PASSWORD),
            partnero.partners.update("p", password=PASSWORD),
        ):
            with pytest.raises(PartneroError) as refused:
                await call
            assert PASSWORD not in f"{refused.value} {refused.value!r} {vars(refused.value)}"
            assert "self=" in reported(refused.value)
            assert PASSWORD not in reported(refused.value)


async def test_the_sign_in_address_is_given_but_not_part_of_an_error() -> None:
    url = "https://portal.example/in?token=one-time"
    async with Script({"data": {"url": url}, "status": 0}).client() as partnero:
        with pytest.raises(PartneroError) as refused:
            await partnero.partners.sign_in_url(ME)
    assert "one-time" not in f"{refused.value} {refused.value!r} {vars(refused.value)}"
    async with Script(envelope(url=url)).client() as partnero:
        assert (await partnero.partners.sign_in_url(ME)).url == url


async def test_an_identifier_without_a_utf8_form_is_in_no_error() -> None:
    who = "pii\ud800"
    async with Script(DONE).client() as partnero:
        for call, said in (
            (lambda: partnero.partners.get(who), "id has no UTF-8 form"),
            (lambda: partnero.customers.get(who), "key has no UTF-8 form"),
            (lambda: partnero.partners.find(Ref(email=who)), "a query parameter has no UTF-8 form"),
            (lambda: partnero.partners.search(email=who), "a query parameter has no UTF-8 form"),
        ):
            with pytest.raises(ArgumentError) as refused:
                await call()
            assert str(refused.value) == said
            assert "pii" not in f"{refused.value!r} {vars(refused.value)}"
