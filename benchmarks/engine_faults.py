"""Two faults that an engine must not get wrong, tried on the engines that the SDK has and on candidates.

- A second answer that comes after the first one was read. Whoever keeps the connection gives it to the next
  request: one customer for another.
- A sale whose connection is lost once the server has read it. Whoever takes it for unsent sends it again: one
  commission twice.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

from partnero_async import AsyncPartnero, PartneroError, Ref

__all__: list[str] = []


class Server:
    """Runs in threads of its own, so that it answers while the client's event loop does something else."""

    def __init__(self) -> None:
        self.sales = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while request := connection.recv(65536):
                if request.startswith(b"POST"):
                    self.sales += 1
                    return
                key = request.split()[1].rsplit(b"/", 1)[-1]
                connection.sendall(answer(key))
                if key == b"first":
                    time.sleep(0.03)
                    connection.sendall(answer(b"somebody-else"))


def answer(key: bytes) -> bytes:
    body = b'{"data":{"key":"%s"},"status":1}' % key
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def over(transport: Callable[[], Any]) -> Callable[[str], AsyncPartnero]:
    return lambda base_url: AsyncPartnero("key", base_url=base_url, transport=transport())


def prototype(base_url: str) -> AsyncPartnero:
    from partnero_async._http.engines.origin import Origin, Tls
    from partnero_async._secret import Secret

    from .protocol_engine import ProtocolEngine

    partnero: Any = AsyncPartnero("key", base_url=base_url)
    partnero._caller.session.engine = ProtocolEngine(
        origin=Origin.of(base_url), api_key=Secret("key"), max_body=2**24, tls=Tls()
    )
    return partnero  # type: ignore[no-any-return]


def pyreqwest_transport() -> Any:
    from pyreqwest.client import ClientBuilder
    from pyreqwest.compatibility.httpx import HttpxTransport

    return HttpxTransport(ClientBuilder().no_proxy().follow_redirects(False).build())


def httpx_aiohttp_transport() -> Any:
    import httpx_aiohttp

    return httpx_aiohttp.AiohttpTransport()


ENGINES: dict[str, Callable[[str], AsyncPartnero]] = {
    "default": lambda base_url: AsyncPartnero("key", base_url=base_url),
    'engine="aiohttp"': lambda base_url: AsyncPartnero("key", base_url=base_url, engine="aiohttp"),
    "prototype": prototype,
    "pyreqwest's transport for httpx": over(pyreqwest_transport),
    "httpx-aiohttp's transport for httpx": over(httpx_aiohttp_transport),
}


async def late_answer(open_client: Callable[[str], AsyncPartnero], *, busy: bool) -> str:
    """What comes back for the second of two customers."""
    async with open_client(Server().base_url) as partnero:
        await partnero.customers.get("first")
        if busy:
            time.sleep(0.1)  # noqa: ASYNC251 - the second answer is to wait in the socket, unseen by the loop
        else:
            await asyncio.sleep(0.1)
        return (await partnero.customers.get("second")).key


async def lost_sale(open_client: Callable[[str], AsyncPartnero]) -> str:
    """How often the server got a sale whose answer was lost, and what the error says of it."""
    server = Server()
    async with open_client(server.base_url) as partnero:
        try:
            await partnero.transactions.create(customer=Ref(key="c"), amount=Decimal("9.99"))
        except PartneroError as error:
            return f"sent {server.sales} times, in doubt: {error.in_doubt}"
    return "no error"


def main() -> None:
    for name, open_client in ENGINES.items():
        print(name)
        try:
            for busy in (False, True):
                said = "busy" if busy else "idle"
                print(
                    f"  late answer, loop {said}: second is", asyncio.run(late_answer(open_client, busy=busy))
                )
            print("  lost sale:", asyncio.run(lost_sale(open_client)))
        except ImportError as error:
            print(f"  not installed: {error.name}")


if __name__ == "__main__":
    main()
