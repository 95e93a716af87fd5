"""Annotations can be resolved at run time, as dependency injectors do."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

ROOMS = "bulk client errors export inputs lists records resources sandbox"
PACKAGES = ("", *(f".{room}" for room in ROOMS.split()))


def public() -> Iterator[Any]:
    """The public classes and functions, and the methods of the classes."""
    for package in PACKAGES:
        module = import_module(f"partnero_async{package}")
        for name in sorted(getattr(module, "__all__", dir(module))):
            value = getattr(module, name)
            if not getattr(value, "__module__", "").startswith("partnero_async"):
                continue
            if inspect.isclass(value):
                yield pytest.param(value, id=f"{package}.{name}")
                for method, function in inspect.getmembers(value, inspect.isfunction):
                    if method == "__init__" or not method.startswith("_"):
                        yield pytest.param(function, id=f"{package}.{name}.{method}")
            elif inspect.isfunction(value):
                yield pytest.param(value, id=f"{package}.{name}")


@pytest.mark.parametrize("value", list(public()))
def test_the_type_hints_of_a_public_name_are_found(value: Any) -> None:
    typing.get_type_hints(value)
