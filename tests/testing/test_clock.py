"""The virtual loop alone: its time, and what it does when nothing is left to do."""

from __future__ import annotations

import asyncio

import pytest

from partnero_async.testing import VirtualLoop


def test_short_waits_end_however_late_it_is() -> None:
    async def main() -> float:
        await asyncio.sleep(400 * 86_400.0)
        for _ in range(100):
            await asyncio.sleep(1e-9)
            await asyncio.wait_for(asyncio.sleep(0.001), 0.002)
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(main()) == pytest.approx(400 * 86_400, abs=1)


def test_who_waits_for_what_never_comes_is_told_so() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with (
        pytest.raises(RuntimeError, match=r"nothing is due; a socket, a thread"),
        asyncio.Runner(loop_factory=VirtualLoop) as runner,
    ):
        runner.run(main())
