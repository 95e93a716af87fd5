"""The nouns of the API as groups of commands: one command for each method of a resource."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Final

import click

from ..resources._base import Resource
from ..resources._registry import load_resource
from .action import Action
from .actions import action_command
from .lists import list_command
from .many import get_command
from .suggesting import Suggesting

__all__ = ["group_of"]

_ATTRIBUTES: Final = {
    "links": "partner_referral_links",
    "payouts": "payout_requests",
    "referral-links": "customer_referral_links",
    "settings": "free_form_settings",
}
"""The nouns that are called otherwise on the command line than on the client."""

# What commands of their own do better, and what is no action of the noun.
_LEFT_OUT: Final = {"create_together", "get_many", "stream"}


def group_of(name: str, help: str) -> click.Group:
    """The group of a noun, such as ``customers``."""
    attribute = _ATTRIBUTES.get(name, name.replace("-", "_"))
    kind = load_resource(attribute)
    group = _Noun(name, help=help)
    methods = [
        (method_name, method)
        for method_name, method in vars(kind).items()
        if inspect.isfunction(method) and not method_name.startswith("_") and method_name not in _LEFT_OUT
    ]
    for method_name, method in methods:
        group.add(
            method_name.replace("_", "-"), partial(_command, Action(attribute, method_name, method, kind))
        )
    if "list" in dict(methods):
        group.add("export", partial(_export_command, attribute, kind))
    for more, module in _MORE.get(name, {}).items():
        group.add(more, partial(_of_module, module, more))
    return group


_MORE: Final[dict[str, dict[str, str]]] = {
    "customers": {"fetch": "fetch"},
    "webhooks": {"listen": "webhooks", "deliveries": "webhooks", "resend": "webhooks"},
}
"""What a noun has beside the methods of its resource: command -> module."""


class _Noun(Suggesting):
    """A group whose commands are made when they are asked for."""

    def __init__(self, name: str, help: str) -> None:
        super().__init__(name, help=help)
        self._makers: dict[str, Callable[[], click.Command]] = {}

    def add(self, name: str, make: Callable[[], click.Command]) -> None:
        """Adds a command by what makes it."""
        self._makers[name] = make

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._makers)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands and cmd_name in self._makers:
            self.add_command(self._makers[cmd_name](), cmd_name)
        return self.commands.get(cmd_name)


def _command(action: Action) -> click.Command:
    if action.is_list:
        return list_command(action)
    return get_command(action) if action.is_get_by_key else action_command(action)


def _export_command(attribute: str, kind: type[Resource]) -> click.Command:
    from .exporting import export_command

    return export_command(attribute, kind)


def _of_module(module: str, name: str) -> click.Command:
    command: click.Command = getattr(import_module(f".{module}", __package__), name)
    return command
