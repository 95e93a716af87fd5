"""An application that is killed in the middle of its deliveries, over real sockets and on a real disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from .killing import deliver


@pytest.mark.parametrize("mode", ["at once", "background"])
def test_no_delivery_is_lost_and_none_handled_twice_but_those_in_hand(mode: str, tmp_path: Path) -> None:
    ended = asyncio.run(deliver(tmp_path, deliveries=900, kills=3, mode=mode))
    assert (ended.kills, ended.never) == (3, 0)
    assert ended.once + ended.twice == 900
    # In the background, as many again have their answer and are being handled.
    assert ended.twice <= ended.in_hand * (2 if mode == "background" else 1)
