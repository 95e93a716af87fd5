"""Each option of each command reaches the request that it is for, checked without sending any."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import pytest

from partnero_async.cli.action import Action, given_by_options, option_names, options_of
from partnero_async.cli.arguments import Argument, Compound, Leaf, Reference, ReferenceOrNew, read
from partnero_async.cli.changes import _NobodyCalls, _rehearsed, _Stopped, is_change
from partnero_async.cli.ending import in_options
from partnero_async.cli.nouns import _LEFT_OUT
from partnero_async.errors import ArgumentError
from partnero_async.resources._registry import RESOURCES, load_resource

Told = dict[str, Any]


def actions() -> Iterator[Action]:
    for attribute in RESOURCES:
        kind = load_resource(attribute)
        for name, method in vars(kind).items():
            if inspect.isfunction(method) and not name.startswith("_") and name not in _LEFT_OUT:
                yield Action(attribute, name, method, kind)


ACTIONS = {f"{action.attribute}.{action.name}": action for action in actions()}


def leaves_of(action: Action) -> list[tuple[Argument, Leaf]]:
    return [
        (argument, leaf)
        for argument in action.arguments
        if not argument.is_positional and argument.name != "password"
        for leaf in argument.shape.leaves((argument.name,))
    ]


CASES = [
    pytest.param(action, argument, leaf, id=f"{name}-{'.'.join(leaf.path)}")
    for name, action in ACTIONS.items()
    for argument, leaf in leaves_of(action)
]


def sample(leaf: Leaf) -> Any:
    """Something that can be typed for an option, and is told from what others have."""
    if leaf.is_flag:
        return True
    if leaf.choices:
        value: Any = leaf.choices[-1]
    elif leaf.metavar == "JSON":
        value = JSON[leaf.path[-1]]
    else:
        value = TYPED[leaf.metavar.partition(" ")[0].rstrip(",")]
        value = EMAIL if "email" in leaf.path[-1] else value
        value = URL if "url" in leaf.path[-1] or leaf.path[-1] == "website" else value
    return (value,) if leaf.is_several else value


EMAIL = "ada@example.com"
URL = "https://shop.example.com/x"
TYPED = {
    "TEXT": "ada",
    "NUMBER": "77",
    "AMOUNT": "12.340",
    "TIME": "2026-05-07T10:30:00Z",
    "DAY": "2026-05-07",
}
JSON = {
    "gateway": '{"gateway": "paypal", "username": "ada"}',
    "metadata": '{"colour": "red"}',
    "cfields": '{"88": "ada"}',
    "promotion_codes": '[{"code": "ADA"}]',
    "personalization": '{"title": "ada"}',
    "fields": '[{"id": 7, "value": "ada"}]',
}


def required(argument: Argument, path: tuple[str, ...] = ()) -> Told:
    """What has to be typed for an argument."""
    path = (*path, argument.name)
    shape = argument.shape
    if isinstance(shape, ReferenceOrNew):
        shape = shape.reference
    if isinstance(shape, Reference):
        return {"__".join((*path, shape.ways[0])): "ada"}
    if isinstance(shape, Compound):
        told = Told()
        for field in shape.fields.values():
            if field.is_required:
                told |= required(field, path)
        return told
    (leaf,) = shape.leaves(path)
    return {"__".join(path): sample(leaf)}


def least(action: Action) -> Told:
    """What has to be typed for a method, by the names that options have within click."""
    told = Told()
    for argument in action.arguments:
        if argument.is_positional:
            told[argument.name] = '{"color": "red"}' if argument.name == "settings" else "77"
            if argument.ways and "" not in argument.ways:
                told["by"] = argument.ways[0]
        elif argument.is_required:
            told |= required(argument)
    return told


def sent(action: Action, told: Told) -> str:
    """Method, path, query and body of the first request of a command, with blanks and letters as they are."""
    values = read(action.arguments, given_by_options(action, told))
    caller: Any = _NobodyCalls() if is_change(action) else Refusing()
    called = action.call(action.kind(caller), values)
    with pytest.raises(_Stopped) as stopped:
        called.__await__().send(None)
    request = stopped.value.request
    return f"{request.method} {unquote_plus(request.target)} {(request.content or b'').decode()}"


class Refusing:
    """Stands for what makes calls, and makes not even those that read."""

    async def call(self, endpoint: Any, request: Any, options: object) -> None:
        raise _Stopped(endpoint, request)


TOGETHER: dict[str, Told] = {
    "payout_requests.search": {"amount_units": "usd"},
    "transactions.create": {"amount": "12.340"},
    "referral_transactions.create": {"amount": "12.340"},
}
"""What a method needs beside what its signature says."""


@pytest.mark.parametrize(("action", "argument", "leaf"), CASES)
def test_an_option_reaches_the_request(action: Action, argument: Argument, leaf: Leaf) -> None:
    told = least(action) | TOGETHER.get(f"{action.attribute}.{action.name}", {})
    try:
        without = sent(action, told)
    except ArgumentError:  # it needs one of several
        without = ""
    name = "__".join(leaf.path)
    is_there_already = name in told
    if isinstance(argument.shape, (Reference, ReferenceOrNew)):
        told = {other: value for other, value in told.items() if not other.startswith(f"{argument.name}__")}
        if isinstance(argument.shape, ReferenceOrNew) and leaf.path[1] not in argument.shape.reference.ways:
            told["customer__key"] = "ada"
    if isinstance(argument.shape, Compound):
        told |= required(argument)
    told |= {"is_additional": True} if name == "domain_id" else {}
    value = told[name] = sample(leaf)
    said = sent(action, told)
    if leaf.is_flag:
        without = sent(action, {**told, name: False})
    assert is_there_already or said != without
    if not leaf.is_flag and leaf.metavar != "JSON" and not leaf.metavar.startswith("TIME"):
        assert str(value[0] if leaf.is_several else value) in said


PAYOUT: Told = {"partner__key": "ref_001", "amount_units": "usd"}


def refused(name: str, told: Told) -> str:
    action = ACTIONS[name]
    with pytest.raises(ArgumentError) as refusal, in_options(option_names(action)):
        sent(action, told)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("name", "told", "said"),
    [
        ("customers.create", {}, "--key is missing"),
        (
            "customers.create",
            {"key": "ada", "partner__key": "a\udcff"},
            "--partner-key must be text, not 'a\\udcff'",
        ),
        (
            "customers.create",
            {"key": "a", "partner__key": "b", "partner__id": "c"},
            "--partner is named by exactly",
        ),
        (
            "customers.update",
            {"customer": "ada", "name": "Ada", "cleared": ("name",)},
            "--clear name and --name",
        ),
        ("partners.reward", {"id": "p", "amount": "much"}, "--amount must be amount, not 'much'"),
        ("payout_requests.approve", {"id": "x"}, "ID must be number, not 'x'"),
        ("payout_requests.create", PAYOUT | {"gateway": "carrier pigeon"}, "--gateway must be JSON"),
        (
            "payout_requests.create",
            PAYOUT | {"gateway": "{}"},
            '--gateway must have "gateway": one of paypal',
        ),
        ("payout_requests.create", PAYOUT | {"gateway": "[" * 10**5}, "--gateway must be JSON"),
        (
            "transactions.create",
            {"customer__key": "a", "amount": "1", "created_at": "2026-05-07"},
            "--created-at",
        ),
    ],
)
def test_what_cannot_be_sent_is_told_in_options(name: str, told: Told, said: str) -> None:
    assert refused(name, told).startswith(said)


def test_a_password_is_no_option_since_others_see_the_arguments_of_a_process() -> None:
    assert "--password" not in {option.opts[0] for option in options_of(ACTIONS["partners.create"])}


def test_a_password_from_a_file_is_sent_but_not_shown() -> None:
    action = ACTIONS["partners.create"]
    values = read(action.arguments, {"email": EMAIL, "password": "Correct-Horse-7"})
    shown = " ".join(_rehearsed(action, values))
    assert '"password": "**********"' in shown
    assert "Horse" not in shown


def test_a_field_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(ArgumentError, match="there is no field nam; there are key, partner, email, name"):
        read(ACTIONS["customers.create"].arguments, {"nam": "Ada"})


def test_amounts_keep_every_digit() -> None:
    told = {"customer__key": "ada", "amount": "12345678.90120"}
    assert '"amount":12345678.90120' in sent(ACTIONS["transactions.create"], told)


@pytest.mark.parametrize(
    ("typed", "is_sent"), [(True, True), (False, False), ("yes", True), ("No", False), ("0", False)]
)
def test_what_is_so_or_not_is_read_from_options_or_words(typed: object, is_sent: bool) -> None:
    action = ACTIONS["webhooks.create"]
    told = {"name": "a", "url": URL, "events": "a; b", "is_active": typed}
    assert read(action.arguments, told)["is_active"] is is_sent
    assert read(action.arguments, told)["events"] == ["a", "b"]
