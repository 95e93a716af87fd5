"""The recipes of the docs for async web frameworks that the other tests do not have.

``nox -s frameworks`` runs it, and fails where one of them is missing; pytest does not find it by itself.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ..test_examples import (
    IN_A_SESSION_OF_THEIR_OWN,
    PYTHON,
    Page,
    base_url,  # noqa: F401 - a fixture
    empty_folder,  # noqa: F401 - a fixture
    name_of,
)

RECIPES = sorted(
    {(block.page, block.framework) for block in PYTHON if block.framework in IN_A_SESSION_OF_THEIR_OWN}
)


@pytest.mark.usefixtures("empty_folder")
@pytest.mark.parametrize(
    ("page", "framework"), RECIPES, ids=[f"{name_of(page)}-{framework}" for page, framework in RECIPES]
)
def test_the_web_app_of_a_page_does_what_it_is_for(
    page: Path, framework: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = Page(page, capsys)
    monkeypatch.setitem(sys.modules, shown.module.__name__, shown.module)
    shown.run_web_app(framework)


def test_each_of_these_frameworks_has_a_recipe() -> None:
    assert {framework for _, framework in RECIPES} == set(IN_A_SESSION_OF_THEIR_OWN)
