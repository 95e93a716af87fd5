"""What is promised is kept in docs/api; what breaks it is told by name, and all of it is documented."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

pytestmark = pytest.mark.docs

DOCS = Path(__file__).parent.parent / "docs"
RECORDS, INPUTS, RESOURCES = (
    f"partnero_async/{room}/__init__.pyi" for room in ("records", "inputs", "resources")
)
FRONT_DOOR = "partnero_async/__init__.pyi"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    """What ``docs/api.py`` defines."""
    return run_path(str(DOCS / "api.py"))


@pytest.fixture(scope="module")
def public(script: dict[str, Any]) -> Any:
    return script["PublicApi"].load(DOCS.parent)


def edited(stubs: Mapping[str, str], name: str, old: str, new: str) -> dict[str, str]:
    assert stubs[name].count(old) >= 1, f"{name} has no {old!r}"
    return {**stubs, name: stubs[name].replace(old, new, 1)}


def test_what_is_kept_is_what_the_package_is(script: dict[str, Any], public: Any) -> None:
    assert list(script["differences"](script["kept"](), public.stubs())) == [], (
        "run python docs/api.py --write"
    )


def test_every_public_name_says_what_it_is(public: Any) -> None:
    assert public.undocumented() == []


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        pytest.param(
            FRONT_DOOR,
            "        max_pause: float | None = 900.0,\n",
            "",
            "partnero_async.AsyncPartnero.__init__(max_pause): Parameter was removed",
            id="an argument that is gone",
        ),
        pytest.param(
            FRONT_DOOR,
            "grace: float = 0.0",
            "grace: float",
            "partnero_async.AsyncPartnero.aclose(grace): Parameter is now required",
            id="an argument that must be given",
        ),
        pytest.param(
            FRONT_DOOR,
            "from partnero_async.inputs import Ref as Ref\n",
            "",
            "partnero_async.Ref: Public object was removed",
            id="a name that has left the front door",
        ),
        pytest.param(
            INPUTS,
            "        wallet_address: str,\n",
            "        wallet_address: str,\n        network: str,\n",
            "partnero_async.inputs.Crypto.__init__(network): Parameter was added as required",
            id="a field that an input cannot be without",
        ),
        pytest.param(
            RECORDS,
            "    surname: str | None\n",
            "",
            "partnero_async.records.Customer.surname: Public object was removed",
            id="a field that a record has no longer",
        ),
        pytest.param(
            RESOURCES,
            "async def delete(self, uuid_code: str, /, *,",
            "async def delete(self, *, uuid_code: str,",
            "partnero_async.resources.Coupons.delete(uuid_code): Parameter kind was changed",
            id="an argument that goes by name now",
        ),
    ],
)
def test_what_breaks_is_told_by_name(
    script: dict[str, Any], name: str, old: str, new: str, told: str
) -> None:
    kept = script["kept"]()
    assert told in script["breakages"](kept, edited(kept, name, old, new))


def test_what_is_added_breaks_nothing_but_is_a_difference(script: dict[str, Any]) -> None:
    kept = script["kept"]()
    more = edited(kept, FRONT_DOOR, "grace: float = 0.0", "grace: float = 0.0, reason: str = ''")
    assert script["breakages"](kept, more) == []
    assert any("reason" in line for line in script["differences"](kept, more))


def test_a_change_of_a_type_is_a_difference(script: dict[str, Any]) -> None:
    kept = script["kept"]()
    other = edited(kept, RECORDS, "    surname: str | None\n", "    surname: str\n")
    assert any(line == "+    surname: str" for line in script["differences"](kept, other))


def test_a_name_without_a_docstring_is_told(public: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = public.find("partnero_async.records.Tag")
    monkeypatch.setattr(tag, "docstring", None)
    monkeypatch.setattr(tag.members["value"], "docstring", None)
    assert public.undocumented() == ["partnero_async.records.Tag", "partnero_async.records.Tag.value"]


def test_a_name_that_the_reference_does_not_show_is_told(public: Any) -> None:
    everything = {
        f"{owner}.{member.name}" for owner, kind in public.classes() for member in public.members(owner, kind)
    }
    everything.update(path for homes in public.homes.values() for path in homes)
    assert public.unrendered(everything) == []
    gone = {"partnero_async.records.Tag.value", "partnero_async.inputs.Wise", "partnero_async.export.export"}
    assert public.unrendered(everything - gone) == sorted(gone)


def test_what_is_written_replaces_what_was_there(script: dict[str, Any], tmp_path: Path) -> None:
    script["write"]({"a.pyi": "old", "b/c.pyi": "gone"}, tmp_path)
    script["write"]({"a.pyi": "new"}, tmp_path)
    assert script["kept"](tmp_path) == {"a.pyi": "new"}
