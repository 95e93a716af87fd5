"""What every method sends, learnt by calling it with a stand-in for what sends requests."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, unquote

import attrs

from partnero_async import AsyncPartnero
from partnero_async._http.endpoint import Endpoint, Shape
from partnero_async._http.wire import Request
from partnero_async.records._structure import Reading, structure
from partnero_async.resources._registry import RESOURCES, load_resource

from .inputs import Param, explore_call, parameters_of, refusing, starts, taken
from .nodes import Array, Choice, Constant, Node, Object, Table, Unmergeable
from .spaces import Either, Marks, Refused, Space, Unclear, Words

__all__ = ["Form", "forms", "spot"]

CLIENT = "client"
"""Stands for the name of a resource with the actions of the client itself."""


@attrs.frozen
class Form:
    """What one method sends to one endpoint."""

    name: str
    function: Callable[..., Any]
    endpoint: Endpoint[Any]
    path: Object
    query: Object
    body: Node | None
    marks: Marks

    @property
    def resource(self) -> str:
        """The attribute of the client, or ``client``."""
        return self.name.rpartition(".")[0] or CLIENT


class Asked(Exception):
    """What a method asks for, in place of an answer."""

    def __init__(self, endpoint: Endpoint[Any], request: Request) -> None:
        super().__init__(endpoint, request)
        self.endpoint = endpoint
        self.request = request


class Asking:
    """Stands for what makes the calls.

    A read of one record is answered with a bare record, since a method may read before it changes something.
    """

    def __init__(self) -> None:
        self.last: Asked | None = None

    async def call(self, endpoint: Endpoint[Any], request: Request, _: Any) -> Any:
        self.last = Asked(endpoint, request)
        record = endpoint.returns.record
        if endpoint.method == "GET" and endpoint.returns.shape is Shape.ONE and record is not None:
            return structure(record, {record.identified_by: "probe"}, Reading.WHATEVER)
        raise self.last


def forms() -> Iterator[Form]:
    """What every method of the client sends.

    Raises:
        Unclear: What a method sends cannot be worked out; the message names it.
    """
    for name, function, owner in methods():
        marks = Marks()
        try:
            params = list(parameters_of(function, marks))
            yield from forms_of(name, function, params, marks, owner)
        except (Unclear, Unmergeable, Refused) as error:
            raise Unclear(f"partnero.{name}: {error or 'its arguments change the same spot'}") from error


def methods() -> Iterator[tuple[str, Callable[..., Any], Any]]:
    """Each method that calls an endpoint: its name behind ``partnero.``, and an object to call it on."""
    asking: Any = Asking()
    yield "test", AsyncPartnero.test, SimpleNamespace(_caller=asking)
    for attribute in RESOURCES:
        resource = load_resource(attribute)
        owner = resource(asking)
        for name, function in vars(resource).items():
            if inspect.isfunction(function) and not name.startswith("_"):
                yield f"{attribute}.{name}", function, owner


def forms_of(
    name: str, function: Callable[..., Any], params: Sequence[Param], marks: Marks, owner: Any
) -> Iterator[Form]:
    """What a method sends, apart for each endpoint that it calls."""

    def ask(arguments: Mapping[str, Any]) -> Asked:
        return asked(function, owner, arguments)

    for wanted, restricted in by_endpoint(params, ask):

        def call(arguments: Mapping[str, Any], wanted: Endpoint[Any] = wanted) -> Node:
            found = ask(arguments)
            if spot(found.endpoint) != spot(wanted):
                raise Unclear(f"{', '.join(arguments)} decide together between {wanted} and {found.endpoint}")
            return node_of(found, marks)

        node = explore_call(restricted, call)
        assert isinstance(node, Object)
        path, query, body = (node.properties[part] for part in ("path", "query", "body"))
        assert isinstance(path, Object)
        assert isinstance(query, Object)
        yield Form(name, function, wanted, path, query, None if body == Constant(None) else body, marks)


def asked(function: Callable[..., Any], owner: Any, arguments: Mapping[str, Any]) -> Asked:
    """What a method asks for with these arguments."""
    parameters = inspect.signature(function).parameters
    positional = [
        arguments[name]
        for name, parameter in parameters.items()
        if parameter.kind is parameter.POSITIONAL_ONLY and name in arguments
    ]
    named = {
        name: value
        for name, value in arguments.items()
        if parameters[name].kind is not inspect.Parameter.POSITIONAL_ONLY
    }
    asking: Asking = owner._caller
    asking.last = None
    try:
        # The first step goes as far as to the stand-in: nothing is waited for on the way.
        next(refusing(function, owner, *positional, **named).__await__())
    except (Asked, StopIteration):
        assert asking.last is not None
        return asking.last
    except (TypeError, ValueError) as error:
        raise Refused(str(error)) from None
    raise Unclear("it waits for something before it calls an endpoint")


def by_endpoint(
    params: Sequence[Param], ask: Callable[[Mapping[str, Any]], Asked]
) -> Iterator[tuple[Endpoint[Any], Sequence[Param]]]:
    """The endpoints that a method calls, each with the arguments restricted to the values that lead to it."""
    start = next((given for given in starts(params) if taken(ask, given)), None)
    if start is None:
        raise Unclear(f"no arguments that were tried are taken: {refusal(params, ask)}")
    for index, param in enumerate(params):
        alternatives = alternatives_of(param)
        if len(alternatives) > 1:
            found = dict[tuple[str, str], list[Space]]()
            for space in alternatives:
                for value in space.candidates():
                    given = {**start, param.name: value}
                    if taken(ask, given):
                        found.setdefault(spot(ask(given).endpoint), []).append(space)
                        break
                else:
                    raise Unclear(f"{param.name}: no value that was tried of {space} is taken")
            if len(found) > 1:
                for spaces in found.values():
                    kept = attrs.evolve(param, space=Either(tuple(spaces)), required=True)
                    yield from by_endpoint([*params[:index], kept, *params[index + 1 :]], ask)
                return
    yield ask(start).endpoint, params


def alternatives_of(param: Param) -> Sequence[Space]:
    """The values of an argument that may decide which endpoint is called."""
    if isinstance(param.space, Words) and not param.required:
        return [Words((value,)) for value in param.space.values]
    return param.space.spaces if param.required and isinstance(param.space, Either) else ()


def refusal(params: Sequence[Param], ask: Callable[[Mapping[str, Any]], Asked]) -> str:
    """Why the least arguments were refused."""
    try:
        ask(next(starts(params)))
    except Refused as refused:
        return str(refused)
    return ""


def spot(endpoint: Endpoint[Any]) -> tuple[str, str]:
    """Method and path, whatever the placeholders are called."""
    return endpoint.method, re.sub(r"\{\w+\}", "{}", endpoint.path)


# Requests


def node_of(found: Asked, marks: Marks) -> Object:
    """A request with the values recognised that were handed in."""
    path, _, query = found.request.target.partition("?")
    pairs = zip(found.endpoint.path.split("/"), path.split("/"), strict=True)
    content = found.request.content
    body = None if content is None else json.loads(content, parse_float=Decimal)
    return Object.whole(
        {
            "path": Object.whole(
                {name[1:-1]: text_node(unquote(text), marks) for name, text in pairs if name.startswith("{")}
            ),
            "query": Object.whole({name: text_node(text, marks) for name, text in parse_qsl(query)}),
            "body": json_node(body, marks),
        }
    )


def text_node(text: str, marks: Marks) -> Node:
    """A value of a path or query, which is a text whatever was handed in."""
    for value in readings(text):
        number = marks.number_of(value)
        if number is not None:
            return Choice(number)
    return Constant({"true": True, "false": False}.get(text, text))


def readings(text: str) -> Iterator[Any]:
    yield text
    if re.fullmatch(r"-?\d+", text):
        yield int(text)
    if re.fullmatch(r"-?\d+\.\d+", text):
        yield Decimal(text)


def json_node(value: Any, marks: Marks) -> Node:
    """A value of a body."""
    number = marks.number_of(value)
    if number is not None:
        return Choice(number)
    if isinstance(value, list):
        return Array(json_node(value[0], marks)) if value else Constant([])
    if not isinstance(value, dict):
        return Constant(value)
    for name, item in value.items():
        for reading in readings(name):
            key = marks.number_of(reading)
            if key is not None:
                return Table(key, json_node(item, marks))
    return Object.whole({name: json_node(item, marks) for name, item in value.items()})
