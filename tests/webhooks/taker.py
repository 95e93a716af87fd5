"""An application that takes deliveries, served by uvicorn: ``python taker.py SOCKET STORE LOG MODE``.

Each handled event is a line of the log, written at once at the end of its handler.
"""

from __future__ import annotations

import os
import random
import socket
import sys

import anyio
import uvicorn

from partnero_async.webhooks import Event, Receiver, SQLiteSeenStore, WebhookEndpoint, handling

SECRET = "Sjn3sNnmh14yk6zb"


def main(number: str, store: str, log: str, mode: str) -> None:
    # Whoever is killed holds up its deliveries for a second, and not for ten.
    handling.LEASE_MARGIN = 0.5
    lines = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def handle(event: Event) -> None:
        await anyio.sleep(random.random() / 50)
        os.write(lines, f"{event.data.key}\n".encode())

    endpoint = WebhookEndpoint(
        Receiver(SECRET),
        handle,
        seen=SQLiteSeenStore(store),
        background=mode == "background",
        timeout=0.5,
    )
    config = uvicorn.Config(endpoint, log_level="error", access_log=False)
    uvicorn.Server(config).run([socket.socket(fileno=int(number))])


if __name__ == "__main__":
    main(*sys.argv[1:])
