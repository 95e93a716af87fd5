"""A client that was used before a fork: the child is refused, and the parent goes on unharmed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import trustme

from ..raw_server import Exchange, customer, raw_server
from ..sockets import contexts

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this operating system cannot fork"),
]


async def answer(exchange: Exchange) -> None:
    if exchange.key == "slow":
        await asyncio.sleep(0.5)
    await exchange.send(customer(exchange.key))


@pytest.mark.parametrize("child_loop", ["same", "new"])
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
async def test_a_forked_child_is_refused_and_sends_nothing(
    engine: str, encrypted: bool, child_loop: str, authority: trustme.CA, tmp_path: Path
) -> None:
    server_tls: Any = None
    cafile = ""
    if encrypted:
        server_tls, _ = contexts(authority, "127.0.0.1")
        cafile = str(tmp_path / "ca.pem")
        authority.cert_pem.write_to_path(cafile)
    async with raw_server(answer, tls=server_tls) as server:
        scheme = "https" if encrypted else "http"
        script = str(Path(__file__).with_name("forked.py"))
        arguments = [script, f"{scheme}://127.0.0.1:{server.port}/v1", engine, cafile, child_loop]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "ignore", *arguments, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
    told = json.loads(out)
    assert told["parent"] == ["before", "slow", "after_0", "after_1", "after_2"]
    first, view, closing, *slow = told["child"]
    for refused in (first, view, closing):
        assert refused.startswith("UsageError: the client was used before this process was forked")
        assert "make the client in each worker" in refused
    # What was under way at the fork belongs to the parent: in the child it fails, and reads no answer.
    assert all(text.startswith(("UsageError", "ConnectionLostError")) for text in slow), slow
    # One connection all the time: nobody in the child closed it, or said farewell on it.
    assert server.connections == 1
    assert [key for _, key in server.requests] == ["before", "slow", "after_0", "after_1", "after_2"]
