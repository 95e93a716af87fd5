"""A client that was used before a fork: the child is refused, and the parent goes on unharmed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

from ..raw_server import Exchange, customer, raw_server, response
from ..sockets import contexts

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this operating system cannot fork"),
]


async def answer(exchange: Exchange) -> None:
    if exchange.key == "slow":
        await asyncio.sleep(0.5)
    await exchange.send(customer(exchange.key))


async def run(*arguments: str) -> Any:
    """What forked.py tells."""
    script = str(Path(__file__).with_name("forked.py"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", script, *arguments, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return json.loads(out)


async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


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
        told = await run("use", f"{scheme}://127.0.0.1:{server.port}/v1", engine, cafile, child_loop)
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


@pytest.mark.parametrize("child", ["go_on", "end"])
@pytest.mark.parametrize("waits_for", ["turn", "pause", "handshake"])
async def test_a_sale_that_waits_at_the_fork_is_made_once(
    engine: str, waits_for: str, child: str, authority: trustme.CA, tmp_path: Path
) -> None:
    refusals = iter([response(b"{}", status="429 Too Many Requests", headers="Retry-After: 1\r\n")])

    async def answer(exchange: Exchange) -> None:
        if exchange.key == "slow":
            await asyncio.sleep(0.5)
        refusal = next(refusals, None) if waits_for == "pause" else None
        await exchange.send(refusal or customer("sale"))

    server_tls: Any = None
    cafile = ""
    if waits_for == "handshake":
        server_tls, _ = contexts(authority, "127.0.0.1")
        cafile = str(tmp_path / "ca.pem")
        authority.cert_pem.write_to_path(cafile)
    async with raw_server(answer, tls=server_tls) as server:

        async def pass_on_later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.5)
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", server.port)
            await asyncio.gather(passed_on(reader, inner_writer), passed_on(inner_reader, writer))

        front = await asyncio.start_server(pass_on_later, "127.0.0.1", 0)
        port = front.sockets[0].getsockname()[1] if cafile else server.port
        base_url = f"{'https' if cafile else 'http'}://127.0.0.1:{port}/v1"
        told = await run("sell", base_url, engine, cafile, waits_for, child)
        front.close()
    assert told["parent"] == "sale"
    if child == "go_on":
        assert told["child"].startswith(
            "UsageError: POST /transactions: the client was used before this process was forked"
        )
    sales = [key for method, key in server.requests if method == "POST"]
    assert len(sales) == (2 if waits_for == "pause" else 1), server.requests
