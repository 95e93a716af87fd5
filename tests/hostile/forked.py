"""Run by test_fork.py: a client that is used, forked, and used again in parent and child."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
from typing import Any

from partnero_async import AsyncPartnero, PartneroError


async def outcome(awaitable: Any) -> str:
    try:
        got = await awaitable
    except PartneroError as error:
        return f"{type(error).__name__}: {error}"
    return str(getattr(got, "key", got))


def main(base_url: str, engine: Any, authority: str, child_loop: str) -> None:
    verify: Any = ssl.create_default_context(cafile=authority) if authority else True
    partnero = AsyncPartnero("key", base_url=base_url, engine=engine, verify=verify, retries=0)
    loop = asyncio.new_event_loop()
    run = loop.run_until_complete
    seen = [run(outcome(partnero.customers.get("before")))]
    slow = loop.create_task(outcome(partnero.customers.get("slow")))
    run(asyncio.sleep(0.1))
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        inner = asyncio.new_event_loop().run_until_complete if child_loop == "new" else run
        told = [
            inner(outcome(partnero.customers.get("child"))),
            inner(outcome(partnero.with_options(retries=1).customers.get("view"))),
            inner(outcome(partnero.aclose())),
        ]
        # The call that was under way is a task of this loop, too.
        if child_loop == "same":
            told.append(run(asyncio.wait_for(slow, 5)))
        os.write(write, json.dumps(told).encode())
        os._exit(0)
    os.waitpid(child, 0)
    seen += [run(slow), *(run(outcome(partnero.customers.get(f"after_{n}"))) for n in range(3))]
    run(partnero.aclose())
    loop.close()
    print(json.dumps({"parent": seen, "child": json.loads(os.read(read, 100_000))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
