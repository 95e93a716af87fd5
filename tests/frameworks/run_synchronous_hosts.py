"""The recipes of docs/how-to/synchronous-hosts.md for hosts that the other tests do not have.

Each in the real host, in a process of its own: Flask under its own server and under gunicorn, which loads the
application before it forks; a worker of Celery with its prefork pool, and a broker that is a folder; a kernel
of Jupyter. ``nox -s frameworks`` runs it; pytest does not find it by itself.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import nbclient
import nbformat
import pytest

from partnero_async import AsyncPartnero

from ..test_examples import (
    PYTHON,
    ROOT,
    SYNCHRONOUS,
    ask_for_a_customer,
    base_url,  # noqa: F401 - a fixture
    empty_folder,  # noqa: F401 - a fixture
    wait_for_a_server,
)

PAGE = ROOT / "docs" / "how-to" / "synchronous-hosts.md"
RECIPES = {
    host: [block for block in PYTHON if block.page == PAGE and block.framework == host]
    for host in SYNCHRONOUS
}
FORKS = [
    # Calls before the fork, which workers must not stumble over.
    pytest.param("", id="unused"),
    pytest.param('\nportal.call(lambda partnero: partnero.customers.get("customer_000002"))\n', id="used"),
]

pytestmark = pytest.mark.usefixtures("empty_folder")


def save(host: str, more: str = "") -> None:
    """Writes the file of a recipe, with something behind it."""
    (block,) = RECIPES[host]
    Path(block.title).write_text(block.code + more, encoding="utf-8")


@contextmanager
def running_until(stop: signal.Signals, *command: str) -> Iterator[subprocess.Popen[str]]:
    """A process that a signal ends, and that has nothing to complain of."""
    arguments = [sys.executable, "-W", "always::ResourceWarning", "-m", *command]
    said = Path("said.txt")
    with said.open("w") as file, subprocess.Popen(arguments, stdout=file, stderr=file, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(stop)
            process.wait(timeout=60)
    told = said.read_text()
    assert "unclosed" not in told, told
    assert "Traceback" not in told, told


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def test_flask_under_its_own_server() -> None:
    save("flask")
    port = free_port()
    with running_until(signal.SIGINT, "flask", "--app", "app", "run", "--port", str(port)) as process:
        wait_for_a_server(port, process)
        asyncio.run(ask_for_a_customer(f"http://127.0.0.1:{port}"))


@pytest.mark.parametrize("before_the_fork", FORKS)
def test_flask_under_gunicorn_that_forks_workers(before_the_fork: str) -> None:
    which = '\n@app.get("/process")\ndef which() -> str:\n    import os\n    return str(os.getpid())\n'
    save("flask", which + before_the_fork)
    port = free_port()
    options = ["--preload", "--workers", "2", "--threads", "4", "--bind", f"127.0.0.1:{port}"]
    with running_until(signal.SIGTERM, "gunicorn", *options, "app:app") as process:
        wait_for_a_server(port, process)
        url = f"http://127.0.0.1:{port}"
        asyncio.run(ask_for_a_customer(url))

        def ask(number: int) -> str:
            answer = browser.get(f"/customers/customer_{number:06d}")
            assert answer.json()["key"] == f"customer_{number:06d}"
            return browser.get("/process").text

        workers = set[str]()
        # A connection for each request, so that all workers get some.
        closing = {"Connection": "close"}
        with (
            httpx.Client(base_url=url, headers=closing, timeout=None) as browser,
            ThreadPoolExecutor(8) as browsers,
        ):
            while len(workers) < 2:
                workers.update(browsers.map(ask, range(1, 51)))
    assert process.returncode == 0
    assert str(process.pid) not in workers


@pytest.mark.parametrize("before_the_fork", FORKS)
def test_tasks_of_celery_in_a_prefork_pool(before_the_fork: str) -> None:
    for folder in ("messages", "results"):
        Path(folder).mkdir()
    Path("celeryconfig.py").write_text(
        'broker_url = "filesystem://"\n'
        'broker_transport_options = {"data_folder_in": "messages", "data_folder_out": "messages"}\n'
        f'result_backend = "file://{Path("results").absolute()}"\n'
    )
    # What ends a task, and in which process it ran.
    more = """
import os
import anyio
from celery.exceptions import SoftTimeLimitExceeded

@app.task
def which():
    return portal.call(lambda partnero: partnero.customers.get("customer_000002")).key, os.getpid()

@app.task(soft_time_limit=1)
def forever():
    async def wait(partnero):
        try:
            await anyio.sleep_forever()
        finally:
            open("cancelled", "w").close()
    try:
        portal.call(wait)
    except SoftTimeLimitExceeded:
        return "too long"
"""
    save("celery", more + before_the_fork)
    ask = """
import json, os
from tasks import forever, welcome, which
out = [welcome.delay("customer_000001").get(), welcome.delay("nobody").get(), forever.delay().get()]
processes = {tuple(task.get()) for task in [which.delay() for _ in range(40)]}
print(json.dumps([out, len(processes), *{key for key, _ in processes}, os.path.exists("cancelled")]))
"""
    pool = ["--pool", "prefork", "--concurrency", "2", "--loglevel", "warning"]
    with running_until(signal.SIGTERM, "celery", "--app", "tasks", "worker", *pool) as process:
        asked = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True)
        assert process.poll() is None, Path("said.txt").read_text()
    assert asked.stderr == ""
    assert asked.stdout == '[["customer_000001@example.com", null, "too long"], 2, "customer_000002", true]\n'
    assert process.returncode == 0

    async def tags() -> list[str]:
        async with AsyncPartnero() as partnero:
            return [tag.value for tag in (await partnero.customers.get("customer_000001")).tags or ()]

    assert asyncio.run(tags()) == ["welcomed"]


def test_cells_of_a_notebook() -> None:
    refused = """
from partnero_async import BlockingPartnero, UsageError
try:
    BlockingPartnero().call(lambda partnero: partnero.test())
except UsageError as error:
    print(error)
"""
    in_a_thread = """
import asyncio
portal = BlockingPartnero()
print((await asyncio.to_thread(portal.call, lambda partnero: partnero.customers.get("customer_000003"))).key)
portal.close()
"""
    sources = [*(block.code for block in RECIPES["ipykernel"]), refused, in_a_thread]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute(env=dict(os.environ))
    printed = ["".join(output.get("text", "") for output in cell.outputs) for cell in notebook.cells]
    assert printed[0] == "customer_000001@example.com\n"
    assert printed[1] == "2000 50\n"
    assert "await the calls of an AsyncPartnero here" in printed[3]
    assert printed[4] == "customer_000003\n"


def test_each_of_these_hosts_has_a_recipe() -> None:
    assert all(RECIPES.values())
