"""What 500 clients in one process cost, as an agency has them: one for each program's API key.

Each kind in a fresh interpreter: CPU and memory of making them, and of a first call with each, over plain
http to a sandbox in a process of its own. The peer is ``httpx.AsyncClient``.
"""

from __future__ import annotations

import subprocess
import sys

from partnero_async.cli.demo import sandbox_process

__all__ = ["main"]

CLIENTS = 500

MEASURE = """
import anyio, gc, resource, sys
base_url, count = sys.argv[1], int(sys.argv[2])

def used():
    gc.collect()
    spent = resource.getrusage(resource.RUSAGE_SELF)
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    return spent.ru_utime + spent.ru_stime, pages * resource.getpagesize() / 2**20

async def main():
    start = used()
    clients = [make() for _ in range(count)]
    made = used()
    for client in clients:
        await use(client)
    called = used()
    for client in clients:
        await client.aclose()
    print(made[0] - start[0], made[1] - start[1], called[0] - made[0], called[1] - made[1])

"""

KINDS = {
    "AsyncPartnero": """
from partnero_async import AsyncPartnero
def make():
    return AsyncPartnero("sandbox_affiliate", base_url=base_url)
async def use(client):
    await client.customers.get("customer_000001")
""",
    "httpx.AsyncClient": """
import httpx
def make():
    return httpx.AsyncClient(base_url=base_url, headers={"Authorization": "Bearer sandbox_affiliate"})
async def use(client):
    (await client.get("/customers/customer_000001")).json()
""",
}


def main() -> None:
    making, calling = "CPU to make them, s | memory, MiB", "CPU of a call with each, s | memory, MiB"
    print(f"| {CLIENTS} clients | {making} | {calling} |")
    print("| --- | --- | --- | --- | --- |")
    with sandbox_process(["--customers", "1"]) as base_url:
        for name, code in KINDS.items():
            command = [sys.executable, "-c", MEASURE + code + "\nanyio.run(main)", base_url, str(CLIENTS)]
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            figures = [float(figure) for figure in out.split()]
            print(f"| {name} | " + " | ".join(f"{figure:.2f}" for figure in figures) + " |", flush=True)


if __name__ == "__main__":
    main()
