"""Every example of the README and the docs is executed, against a sandbox served over a socket.

What a page shows is run from top to bottom, in an empty folder:

- ``python`` blocks share a namespace. ``async def main()`` is run (unless the block runs it itself),
  ``async def fetch(keys)`` is given keys, and a web ``app`` is asked for a customer, lifespan included; one
  that names ``/webhooks/partnero`` is sent deliveries there, over a socket.
- ``python`` blocks that need a web framework are run by a test of their own for each framework, which is
  skipped where the framework cannot be imported. Those titled ``project/*.py`` are files of a Django project.
  Without an ``asgi.py`` among them, it has those that Django makes, and is run by ``runserver``, too.
  Some frameworks are for ``nox -s frameworks``, which runs ``tests/frameworks``; so are cells of notebooks,
  titled ``In [1]``.
- ``python`` blocks titled ``webhooks.py`` and ``nightly.py`` are saved, for others to import or to run.
- ``python`` blocks titled ``conftest.py`` or ``test_*.py`` are saved, and pytest runs them at the end.
- Lines of ``console`` blocks that begin with ``partnero``, ``python`` or ``printf`` are run by a shell.
  ``# exits with 3`` behind one is the exit code that it must have; a sandbox that one starts is only awaited,
  and one that listens is interrupted.
- ``export PARTNERO_API_KEY=sandbox_referral`` in one chooses the program for the rest of the page, which is
  the affiliate program before that.
- ``text`` blocks titled ``Output`` are what the last of those printed; with another title they are files.
"""

from __future__ import annotations

import ast
import asyncio
import gc
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urljoin, urlsplit

import anyio
import attrs
import httpx
import pytest
import uvicorn

import partnero_async
from partnero_async import AsyncPartnero, Ref
from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.server import running

from .webhooks.deliveries import SECRET, body_of, signed

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
CUSTOMERS = 2000
KEYS = [f"customer_{number:06d}" for number in range(1, 41)]
FENCE = re.compile(
    r"^(?P<indent>[ \t]*)```(?P<language>\w*)(?P<rest>.*)\n(?P<code>(?:.*\n)*?)(?P=indent)```$", re.M
)
ENTRIES = {"main", "fetch", "app", "make_app"}
"""Names that a block defines for whoever runs it."""
IN_A_SESSION_OF_THEIR_OWN = ("litestar", "quart")
SYNCHRONOUS = ("flask", "celery", "ipykernel")
"""Hosts that do not await, in that session, too."""
ENGINES = ("ray",)
"""What hands out parts of a job, in that session, too."""
SAVED = ("webhooks.py", "nightly.py")
WEBHOOK = "/webhooks/partnero"


@attrs.frozen
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    """The number of its first line of code."""
    language: str
    title: str
    code: str
    indented: bool

    @property
    def where(self) -> str:
        return f"{name_of(self.page)}:{self.line}"

    @property
    def framework(self) -> str:
        """The module of the web framework that it needs beside what the SDK does; empty for none."""
        if self.is_test_file:
            return ""
        if self.title.startswith("project/"):
            return "django"
        if self.title.startswith("In ["):
            return "ipykernel"
        frameworks = "fastapi|aiohttp|django|litestar|quart|flask|celery|ray"
        found = re.search(rf"^\s*(?:import|from) ({frameworks})\b", self.code, re.M)
        return found[1] if found else ""

    @property
    def takes_webhooks(self) -> bool:
        """Whether it is a web app, or a part of one, that takes deliveries."""
        return f'"{WEBHOOK}"' in self.code or f'"{WEBHOOK[1:]}"' in self.code

    @property
    def is_imported(self) -> bool:
        """Whether it is a module that other blocks import, or a script that they run."""
        return self.language == "python" and self.title in SAVED

    @property
    def is_test_file(self) -> bool:
        return (
            self.language == "python" and re.fullmatch(r"conftest\.py|test_\w+\.py", self.title) is not None
        )


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = list[Block]()
    for match in FENCE.finditer(text):
        before = text.count("\n", 0, match.start())
        title = re.search(r'title="([^"]*)"', match["rest"])
        found.append(
            Block(
                page=page,
                line=before + 2,
                language=match["language"],
                title=title[1] if title else "",
                code=match["code"],
                indented=bool(match["indent"]),
            )
        )
    return found


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
PYTHON = [block for block in BLOCKS if block.language == "python"]
WEB_APPS = sorted(
    {
        (block.page, block.framework)
        for block in PYTHON
        if block.framework and block.framework not in IN_A_SESSION_OF_THEIR_OWN + SYNCHRONOUS + ENGINES
    }
)


class Page:
    """What one page shows, being executed: its namespace, its folder, and what was printed last."""

    def __init__(self, page: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.page = page
        self.module = ModuleType(f"example_{page.stem.replace('-', '_')}")
        self.capsys = capsys
        self.printed = ""

    def run(self, block: Block) -> None:
        if block.is_test_file or (block.language == "text" and block.title not in ("", "Output")):
            Path(block.title).write_text(block.code, encoding="utf-8")
        elif block.is_imported:
            Path(block.title).write_text(block.code, encoding="utf-8")
            sys.modules.pop(Path(block.title).stem, None)  # another page's, or another test's
        elif block.language == "python" and not block.framework:
            self.execute(block)
        elif block.language == "console":
            self.type_in(block)
        elif block.language == "text" and block.title == "Output":
            assert lines_of(self.printed) == lines_of(block.code), f"{block.where} shows another output"

    def run_web_app(self, framework: str) -> None:
        """Runs what it shows for a framework."""
        blocks = blocks_of(self.page)
        own = [block for block in blocks if block.framework == framework]
        assert own
        for block in blocks:
            if block.is_imported:
                self.run(block)
        if framework == "django":
            ask = deliver_webhooks if any(block.takes_webhooks for block in own) else ask_for_a_customer
            for serve in django_project(own):
                with serve() as url:
                    asyncio.run(ask(url))
        else:
            for block in own:
                self.execute(block)

    def execute(self, block: Block) -> None:
        # Blank lines in front make tracebacks name the page's own lines.
        tree = ast.parse("\n" * (block.line - 1) + block.code, filename=str(block.page))
        exec(compile(tree, str(block.page), "exec", dont_inherit=True), vars(self.module))
        defined = names_defined_by(tree)
        runs_itself = "asyncio.run(" in block.code or "anyio.run(" in block.code
        if "main" in defined and not runs_itself:
            asyncio.run(self.module.main())
        if "fetch" in defined:
            asyncio.run(self.module.fetch([*KEYS, "nobody"]))
        ask = deliver_webhooks if block.takes_webhooks else ask_for_a_customer
        if "app" in defined:
            asyncio.run(ask_an_asgi_app(self.module.app, ask))
        if "make_app" in defined:
            asyncio.run(ask_an_aiohttp_app(self.module.make_app, ask))
        gc.collect()  # a client that was left open would warn, and warnings are errors
        self.printed = self.capsys.readouterr().out

    def type_in(self, block: Block) -> None:
        for line in block.code.splitlines():
            if line.startswith("partnero sandbox"):
                self.printed = started_sandbox(line)
            elif exported := re.fullmatch(r"export PARTNERO_API_KEY=(sandbox_\w+)", line):
                os.environ["PARTNERO_API_KEY"] = exported[1]  # which empty_folder had set, and takes back
            elif line.startswith("partnero webhooks listen"):
                self.printed = interrupted(line)
            elif line.startswith(("partnero ", "python ", "printf ")):
                expected = re.search(r"# exits with (\d+)$", line)
                ran = subprocess.run(
                    line, shell=True, capture_output=True, text=True, timeout=60, check=False
                )
                assert ran.returncode == int(expected[1] if expected else 0), (
                    f"{block.where}: {line}\n{ran.stderr}"
                )
                self.printed = ran.stdout


def names_defined_by(tree: ast.Module) -> set[str]:
    """The names of the functions and variables of a module."""
    functions = (s.name for s in tree.body if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef)))
    targets = (target for s in tree.body if isinstance(s, ast.Assign) for target in s.targets)
    return {*functions, *(target.id for target in targets if isinstance(target, ast.Name))}


def lines_of(text: str) -> list[str]:
    """The lines of an output; blanks at their ends do not survive in every editor, and ports are any."""
    text = re.sub(r"\(127\.0\.0\.1:\d+", "(127.0.0.1:8200", text)
    return [line.rstrip() for line in text.rstrip().splitlines()]


def interrupted(line: str) -> str:
    """What a command says first that goes on until it is interrupted, which is an exit with 130."""
    with subprocess.Popen(shlex.split(line), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
    assert process.returncode == 130
    return first


def started_sandbox(line: str) -> str:
    """What ``partnero sandbox`` says once it serves; the port that the page names may be in use here."""
    arguments = ["0" if before == "--port" else word for before, word in pairs(shlex.split(line))]
    process = subprocess.Popen(
        [*arguments, "--stop-with-stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = ""
        while "export PARTNERO_API_KEY=" not in said:  # which it says last
            said += (one := process.stdout.readline())
            assert one, f"the sandbox said no more than {said!r}"
        process.stdin.close()
        assert process.wait(timeout=30) == 0
    asked = re.search(r"--port (\d+)", line)
    return re.sub(r"(?<=127\.0\.0\.1:)\d+", asked[1], said) if asked else said


def pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    return zip(["", *words], words, strict=False)


Ask = Callable[[str], Awaitable[None]]


async def ask_an_asgi_app(app: Any, ask: Ask) -> None:
    async with served(app) as url:
        await ask(url)


async def ask_an_aiohttp_app(make_app: Callable[[], Any], ask: Ask) -> None:
    from aiohttp.test_utils import TestServer

    async with TestServer(make_app()) as server:
        await ask(str(server.make_url("/")))


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The URL of an ASGI application under uvicorn, from its startup to its shutdown."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="on", ws="none", log_config=None))
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        assert not serving.done(), "the application did not start"
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def ask_for_a_customer(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=30) as browser:
        answer = await browser.get("/customers/customer_000001")
        assert answer.status_code == 200
        assert answer.json()["email"] == "customer_000001@example.com"
        assert (await browser.get("/customers/nobody")).status_code == 404


async def deliver_webhooks(url: str) -> None:
    """Tells an app of a new customer, whom it is to tag once."""
    async with AsyncPartnero() as partnero, httpx.AsyncClient(base_url=url, timeout=30) as sender:
        key = f"customer_of_{urlsplit(url).port}"
        await partnero.customers.create(key=key, partner=Ref(key="ref_001"))
        body = body_of("customer.created", {"key": key})

        async def answer_to(headers: dict[str, str]) -> int:
            return (await sender.post(WEBHOOK, content=body, headers=headers)).status_code

        async def tags() -> list[str]:
            return [tag.value for tag in (await partnero.customers.get(key)).tags or ()]

        assert await answer_to(signed(body, "another secret")) == 400
        assert await answer_to({}) == 400
        assert (await sender.get(WEBHOOK)).status_code == 405
        assert await tags() == []
        before = await changes_of_customers()
        assert await answer_to(signed(body)) == 200
        assert await answer_to(signed(body)) == 200
        with anyio.fail_after(10):
            while await tags() != ["welcomed"]:  # noqa: ASYNC110 - in the background, it is answered first
                await asyncio.sleep(0.02)
        assert await changes_of_customers() == before + 1


async def changes_of_customers() -> int:
    """How often the sandbox was asked to change a customer."""
    async with httpx.AsyncClient(base_url=urljoin(os.environ["PARTNERO_BASE_URL"], "/")) as control:
        stats = (await control.get("/_sandbox/stats")).raise_for_status().json()
    count: int = stats["data"]["by_route"].get("PUT /customers/{key}", 0)
    return count


def django_project(files: list[Block]) -> list[Callable[[], AbstractContextManager[str]]]:
    """Writes a Django project with these files; how it is served.

    In a process of its own, as Django can be set up once in a process, and changes its time zone.
    """
    for block in files:
        Path(block.title).parent.mkdir(exist_ok=True)
        Path(block.title).write_text(block.code, encoding="utf-8")
    # What every project has.
    Path("project/__init__.py").touch()
    Path("project/settings.py").write_text(
        'SECRET_KEY = "secret"\nALLOWED_HOSTS = ["127.0.0.1"]\nROOT_URLCONF = "project.urls"\n'
        'MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]\n'
    )
    if Path("project/asgi.py").exists():
        return [served_by_uvicorn]
    settings = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")\n'
    Path("project/asgi.py").write_text(
        f"{settings}from django.core.asgi import get_asgi_application\napplication = get_asgi_application()\n"
    )
    Path("manage.py").write_text(
        f"{settings}import sys\nfrom django.core.management import execute_from_command_line\n"
        "execute_from_command_line(sys.argv)\n"
    )
    return [served_by_runserver, partial(served_by_uvicorn, lifespan="off")]


@contextmanager
def served_by_uvicorn(lifespan: str = "on") -> Iterator[str]:
    """The URL of the project under uvicorn, which ends well."""
    command = [sys.executable, "-W", "always::ResourceWarning", "-m", "uvicorn", "project.asgi:application"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--lifespan", lifespan],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            assert process.stderr is not None
            said = ""
            while not (listens := re.search(r"running on (http://[\d.:]+)", said)):
                line = process.stderr.readline()
                assert line, f"the project was not served:\n{said}"
                said += line
            yield listens[1]
        finally:
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=30)
        assert process.returncode == 0, rest
        assert "Finished server process" in rest
        assert ("Application shutdown complete" in rest) == (lifespan == "on")
        assert "ResourceWarning" not in rest


@contextmanager
def served_by_runserver() -> Iterator[str]:
    """The URL of the project under ``runserver``, which serves WSGI in threads, and reloads what changes."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-W", "always::ResourceWarning", "manage.py", "runserver", str(port)]
    # Ctrl-C ends both of its processes.
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    with process:
        try:
            wait_for_a_server(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGINT)
            _, said = process.communicate(timeout=30)
        assert process.returncode == 0, said
        assert "unclosed" not in said  # of what Django leaves running itself, it is warned, too
        assert "Traceback" not in said


def wait_for_a_server(port: int, process: subprocess.Popen[str]) -> None:
    """Waits until a process listens."""
    while True:
        assert process.poll() is None, process.communicate()
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def base_url() -> Iterator[str]:
    local = Sandbox(customers=CUSTOMERS)
    with running(local) as url:
        yield url
    local.close()


@pytest.fixture
def empty_folder(tmp_path: Path, base_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in and to import from, two commands on PATH, and the settings in the environment."""
    scripts = tmp_path / "bin"
    scripts.mkdir()
    main = shlex.quote("from partnero_async.cli import main; main()")
    for name, arguments in {"partnero": f"-c {main}", "python": "-W error"}.items():
        script = scripts / name
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {arguments} "$@"\n')
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{scripts}{os.pathsep}{os.environ['PATH']}")
    package = Path(partnero_async.__file__).parents[1]
    monkeypatch.setenv("PYTHONPATH", f"{package}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("PARTNERO_API_KEY", "sandbox_affiliate")
    monkeypatch.setenv("PARTNERO_BASE_URL", base_url)
    monkeypatch.setenv("PARTNERO_WEBHOOK_SECRET", SECRET)
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_examples_of_a_page_run(
    page: Path,
    empty_folder: Path,
    base_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if page.name == "README.md":
        give_what_the_readme_asks_for(base_url)
    shown = Page(page, capsys)
    monkeypatch.setitem(sys.modules, shown.module.__name__, shown.module)
    for block in blocks_of(page):
        shown.run(block)


def give_what_the_readme_asks_for(base_url: str) -> None:
    """The README speaks of an account of the reader's own, which has customer_123."""
    customer = {"key": "customer_123", "partner": {"key": "ref_001"}}
    headers = {"Authorization": "Bearer sandbox_affiliate"}
    httpx.post(f"{base_url}/customers", json=customer, headers=headers).raise_for_status()


@pytest.mark.parametrize("page", sorted({block.page for block in PYTHON if block.is_test_file}), ids=name_of)
def test_the_test_files_of_a_page_pass(
    page: Path, empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARTNERO_API_KEY")
    monkeypatch.delenv("PARTNERO_BASE_URL")
    files = [block for block in blocks_of(page) if block.is_test_file]
    for block in files:
        Path(block.title).write_text(block.code, encoding="utf-8")
    without = ["-p", "no:cacheprovider", "-p", "no:asyncio"]  # the page uses AnyIO's plugin
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", *without, "."]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    count = sum(len(re.findall(r"^(?:async )?def test_", block.code, re.M)) for block in files)
    assert re.search(rf"^{count} passed", ran.stdout, re.M), ran.stdout


@pytest.mark.parametrize(
    ("page", "framework"), WEB_APPS, ids=[f"{name_of(page)}-{framework}" for page, framework in WEB_APPS]
)
def test_the_web_app_of_a_page_does_what_it_is_for(
    page: Path,
    framework: str,
    empty_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip(framework, reason=f"{framework} cannot be imported", exc_type=ImportError)
    shown = Page(page, capsys)
    monkeypatch.setitem(sys.modules, shown.module.__name__, shown.module)
    shown.run_web_app(framework)


def test_no_page_leaves_an_example_out() -> None:
    for page in PAGES:
        assert "not executed" not in page.read_text(encoding="utf-8"), name_of(page)


def test_every_example_does_something_when_it_is_run() -> None:
    only_defines = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for block in PYTHON:
        if block.is_test_file or block.framework == "django":
            continue
        tree = ast.parse(block.code, filename=block.where)
        acts = any(not isinstance(statement, only_defines) for statement in tree.body)
        assert acts or names_defined_by(tree) & ENTRIES, f"{block.where}: nothing in it is run"


def test_no_example_hides_from_the_tests() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        fences = len(re.findall(r"^[ \t]*(?:```|~~~)", text, re.M))
        assert fences == 2 * len(blocks_of(page)), f"{name_of(page)} has a fence that is not understood"
    for block in BLOCKS:
        assert not block.indented, f"{block.where} is indented"
        # What is in PHP is another client's.
        assert block.language in ("python", "console", "text", "json", "php"), (
            f"{block.where} names no known language"
        )
