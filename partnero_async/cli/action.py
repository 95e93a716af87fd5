"""A method of a resource, and the options by which its arguments are given."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import click

from ..bulk.many import ManyByKey
from ..errors import ArgumentError
from ..resources._base import Resource
from .arguments import Argument, Leaf, arguments_of, described, result_of

__all__ = ["Action", "dashed", "given_by_options", "option_names", "options_of"]

# Other users of the machine see the arguments of a process.
_SECRET: Final = {"password"}


class Action:
    """A method of a resource.

    Args:
        attribute: The attribute of the client that the resource is.
        name: The name of the method.
        method: The method itself.
        kind: The class of the resource.
    """

    def __init__(self, attribute: str, name: str, method: Callable[..., Any], kind: type[Resource]) -> None:
        self.attribute = attribute
        self.name = name
        self.method = method
        self.kind = kind
        returned, is_list = result_of(method)
        self.returned: Any = returned
        self.is_list: bool = is_list
        self.arguments: list[Argument] = arguments_of(method)
        self.help: str = described(method)[0]
        self.is_get_by_key: bool = name == "get" and issubclass(kind, ManyByKey)

    def call(self, resource: Any, values: Mapping[str, Any]) -> Any:
        """Calls the method of a resource with values by name, though some go by position."""
        by_position = [argument.name for argument in self.arguments if argument.is_positional]
        positions = [values[name] for name in by_position if name in values]
        named = {name: value for name, value in values.items() if name not in by_position}
        return getattr(resource, self.name)(*positions, **named)


def options_of(action: Action, *, optional: bool = False) -> list[click.Parameter]:
    """The arguments and options for what a method takes.

    Args:
        action: The method.
        optional: Whether it may be left to a file to say them.
    """
    params = list[click.Parameter]()
    nullable = [argument.name for argument in action.arguments if argument.is_nullable]
    for argument in action.arguments:
        if argument.is_positional:
            name = argument.name.upper()
            params.append(click.Argument([argument.name], required=not optional, metavar=name))
            if len(argument.ways) > 1:
                params.append(_by(argument))
            continue
        if argument.name in _SECRET:
            continue
        for leaf in argument.shape.leaves((argument.name,)):
            params.append(_option(argument, leaf))
    if nullable and not action.is_list:
        params.append(
            click.Option(
                ["--clear", "cleared"],
                multiple=True,
                type=click.Choice([dashed(name) for name in nullable]),
                help="Send null for this, which clears it; repeatable.",
            )
        )
    return params


def given_by_options(action: Action, told: Mapping[str, Any]) -> dict[str, Any]:
    """What was given by options, as a line of a file would say it."""
    given = dict[str, Any]()
    for argument in action.arguments:
        if argument.is_positional:
            value = told.get(argument.name)
            way = told.get("by")
            if value is not None:
                given[argument.name] = {way: value} if argument.ways and way else value
            continue
        for leaf in argument.shape.leaves((argument.name,)):
            value = told.get("__".join(leaf.path))
            if value is None or value == ():
                continue
            place = given
            for step in leaf.path[:-1]:
                place = place.setdefault(step, {})
            place[leaf.path[-1]] = list(value) if leaf.is_several else value
    for name in told.get("cleared", ()):
        if name.replace("-", "_") in given:
            raise ArgumentError(f"--clear {name} and --{name} contradict each other")
        given[name.replace("-", "_")] = None
    return given


def option_names(action: Action) -> dict[str, str]:
    """What an argument is called on the command line."""
    names = dict[str, str]()
    for argument in action.arguments:
        if argument.is_positional:
            names[argument.name] = argument.name.upper()
            continue
        names[argument.name] = f"--{dashed(argument.name)}"
        for leaf in argument.shape.leaves((argument.name,)):
            names[".".join(leaf.path)] = f"--{dashed('-'.join(leaf.path))}"
    return names


def _by(argument: Argument) -> click.Option:
    ways = [way for way in argument.ways if way]
    default = None if "" in argument.ways else ways[0]
    said = f"What {argument.name.upper()} is"
    return click.Option(
        ["--by"],
        type=click.Choice(ways),
        default=default,
        show_default=default is not None,
        help=f"{said}, if it is not what the path of the call takes." if default is None else f"{said}.",
    )


def _option(argument: Argument, leaf: Leaf) -> click.Option:
    name = dashed("-".join(leaf.path))
    help = (
        _short(argument.help)
        if leaf.path == (argument.name,)
        else f"{_short(argument.help)} Its {leaf.path[-1]}."
    )
    if leaf.is_flag:
        return click.Option([f"--{name}/--no-{name}", "__".join(leaf.path)], default=None, help=help)
    return click.Option(
        [f"--{name}", "__".join(leaf.path)],
        multiple=leaf.is_several,
        type=click.Choice(leaf.choices) if leaf.choices else click.STRING,
        metavar=None if leaf.choices else leaf.metavar.partition(",")[0].partition(" with")[0],
        help=f"{help} Repeatable." if leaf.is_several else help,
    )


def _short(help: str) -> str:
    """The first sentence."""
    return re.split(r"(?<=[.;])\s", help, maxsplit=1)[0].rstrip(";.") + "." if help else ""


def dashed(name: str) -> str:
    """A name of Python as options have it."""
    return name.replace("_", "-")
