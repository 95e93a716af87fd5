"""Sales exactly once, though the processes that send them are killed and the server misbehaves."""

from __future__ import annotations

from pathlib import Path

from .killing import sell


def test_each_sale_is_there_once_though_processes_are_killed(tmp_path: Path) -> None:
    ended = sell("outbox", tmp_path, sales=240, kills=8, settle_after=2.0, lives=(0.3, 1.2))
    assert (ended.once, ended.twice, ended.never) == (240, 0, 0)


def test_the_server_that_this_is_tried_on_pays_others_twice(tmp_path: Path) -> None:
    ended = sell("naive", tmp_path, sales=240, kills=0, settle_after=2.0)
    assert ended.twice > 0
    assert ended.never == 0
