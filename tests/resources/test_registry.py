"""One list of resources: the client has each of them, and each method names its parameters once."""

from __future__ import annotations

import inspect
import re
from typing import get_type_hints

import attrs
import pytest

from partnero_async import AsyncPartnero, Sale
from partnero_async.resources._base import Resource
from partnero_async.resources._registry import RESOURCES, all_endpoints, load_resource
from partnero_async.resources.transactions import Transactions


def test_a_client_lists_and_gives_every_resource() -> None:
    client = AsyncPartnero("key")
    assert set(RESOURCES) <= set(dir(client))
    for name in RESOURCES:
        assert type(getattr(client, name)) is load_resource(name)
        assert getattr(client, name) is getattr(client, name)


def test_every_resource_is_declared_with_its_type_and_nothing_else_is() -> None:
    declared = {name: text for name, text in inspect.get_annotations(AsyncPartnero).items()}
    assert declared == {name: f"resources.{kind}" for name, (_, kind) in RESOURCES.items()}


def test_a_misspelt_resource_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="'AsyncPartnero' object has no attribute 'custommers'"):
        AsyncPartnero("key").custommers  # type: ignore[attr-defined]  # noqa: B018


def test_a_view_has_resources_of_its_own_patience() -> None:
    client = AsyncPartnero("key", retries=5)
    view = client.with_options(retries=1)
    assert view.customers is not client.customers
    assert view.customers._caller.patience.retries == 1


def test_every_endpoint_is_declared_once() -> None:
    spots = [(e.method, e.path, kind) for e in all_endpoints() for kind in e.programs if kind.isalpha()]
    assert len(spots) == len(set(spots))


IDENTIFIERS = {
    *("id", "key", "uuid_code", "code", "confirmation_code"),
    *("customer", "partner", "subscriber", "transaction", "sales", "settings"),
}


@pytest.mark.parametrize("name", RESOURCES)
def test_what_identifies_is_positional_and_everything_else_is_named(name: str) -> None:
    resource = load_resource(name)
    methods = inspect.getmembers(resource, inspect.isfunction)
    own = [(n, m) for n, m in methods if not n.startswith("_") and n not in ("stream", "get_many")]
    for method, function in own:
        _, *parameters = inspect.signature(function).parameters.values()
        for number, parameter in enumerate(parameters):
            if parameter.kind is parameter.POSITIONAL_ONLY:
                assert parameter.name in IDENTIFIERS, f"{name}.{method}({parameter.name})"
                assert number == 0
            else:
                assert parameter.kind is parameter.KEYWORD_ONLY, f"{name}.{method}({parameter.name})"


def test_a_sale_and_the_call_that_sends_one_have_the_same_fields() -> None:
    fields = {field.name: field.type for field in attrs.fields(Sale)}
    parameters = inspect.signature(Transactions.create).parameters
    beside = {"self", "options", "referral_url"}
    assert parameters.keys() - beside == fields.keys()
    hints, of_sale = get_type_hints(Transactions.create), get_type_hints(Sale)
    for name in fields.keys() - {"customer"}:
        assert hints[name] == of_sale[name], name
    documented = re.findall(r"^ +(\w+): ", inspect.getdoc(Transactions.create) or "", re.M)
    assert fields.keys() <= set(documented)


def test_every_resource_is_a_resource() -> None:
    assert all(issubclass(load_resource(name), Resource) for name in RESOURCES)
