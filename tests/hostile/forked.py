"""Run by test_fork.py: a client that is used, forked, and used again; and a sale that waits at the fork."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
from typing import Any

from partnero_async import AsyncPartnero, PartneroError, Ref


async def outcome(awaitable: Any) -> str:
    try:
        got = await awaitable
    except PartneroError as error:
        return f"{type(error).__name__}: {error}"
    return str(getattr(got, "key", got))


def trusting(authority: str) -> Any:
    return ssl.create_default_context(cafile=authority) if authority else True


def use(base_url: str, engine: Any, authority: str, child_loop: str) -> None:
    verify = trusting(authority)
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


def sell(base_url: str, engine: Any, authority: str, waits_for: str, child_does: str) -> None:
    retries = 1 if waits_for == "pause" else 0
    settings: Any = {"max_concurrency": 1, "retries": retries, "timeout": 4, "deadline": 6}
    partnero = AsyncPartnero("key", base_url=base_url, engine=engine, verify=trusting(authority), **settings)
    read, write = os.pipe()
    tasks = list[asyncio.Task[str]]()

    async def begin() -> None:
        if waits_for == "turn":
            tasks.append(asyncio.create_task(outcome(partnero.customers.get("slow"))))
        sale = partnero.transactions.create(key="sale", customer=Ref(key="c"), amount=1)
        tasks.append(asyncio.create_task(outcome(sale)))
        await asyncio.sleep(0.2)

    async def end() -> str:
        return [await asyncio.wait_for(task, 8) for task in tasks][-1]

    async def cancel() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    with asyncio.Runner() as runner:
        runner.run(begin())
        if os.fork() == 0:
            if child_does == "go_on":
                os.write(write, runner.run(end()).encode())
            else:
                runner.run(cancel())
            os._exit(0)
        os.close(write)
        parent = runner.run(end())
        runner.run(partnero.aclose())
    os.wait()
    print(json.dumps({"parent": parent, "child": os.read(read, 10_000).decode()}))


if __name__ == "__main__":
    {"use": use, "sell": sell}[sys.argv[1]](*sys.argv[2:])
