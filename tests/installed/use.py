"""Uses the package as it was installed, with nothing but what it requires: ``python -I use.py PARTNERO``.

PARTNERO is the command of another environment, which serves a local Partnero over sockets.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from importlib.metadata import distribution, distributions
from pathlib import Path
from urllib.parse import urlsplit

import partnero_async
from partnero_async import AsyncPartnero, NotFoundError

OF_EXTRAS = {"aiohttp", "click", "jinja2", "rich", "sqlalchemy", "starlette", "uvicorn"}


async def ask(base_url: str) -> None:
    async with AsyncPartnero("sandbox_affiliate", base_url=base_url) as partnero:
        customer = await partnero.customers.get("customer_000001")
        assert customer.key == "customer_000001", customer
        try:
            await partnero.customers.get("nobody")
        except NotFoundError:
            return
    raise AssertionError("nobody was found")


def main() -> None:
    place = Path(partnero_async.__file__)
    assert place.is_relative_to(sys.prefix), f"used is {place}, and not what was installed"
    about = distribution("partnero-async")
    assert about.version == partnero_async.__version__, (about.version, partnero_async.__version__)
    installed = {str(other.metadata["Name"]).lower() for other in distributions()}
    assert not installed & OF_EXTRAS, f"an extra is installed: {installed}"

    alone = Path(sys.executable).parent / "partnero"
    said = subprocess.run([alone, "--version"], capture_output=True, text=True, check=False)
    assert said.returncode == 2, said
    assert "pip install 'partnero-async[cli]'" in said.stderr, said

    command = [sys.argv[1], "sandbox", "--customers", "10", "--stop-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        base_url = sandbox.stdout.readline().split()[-1]
        assert urlsplit(base_url).hostname == "127.0.0.1", base_url
        asyncio.run(ask(base_url))
        sandbox.communicate()
    print(f"{about.version} can be used, with {', '.join(sorted(installed - {'partnero-async'}))}")


if __name__ == "__main__":
    main()
