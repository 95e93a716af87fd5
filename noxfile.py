"""The sessions that developers and CI run: ``nox -l`` lists them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.options.sessions = ["tests"]
nox.options.error_on_external_run = True

PYPROJECT = nox.project.load_toml("pyproject.toml")
TESTS = nox.project.dependency_groups(PYPROJECT, "tests")
SUPPORTED = ("3.11", "3.12", "3.13")


def interpreters() -> dict[str, str]:
    """Version -> path of every supported Python on PATH or installed by pyenv, this one first."""
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = {running: sys.executable} if running in SUPPORTED else {}
    for version in SUPPORTED:
        candidates = [shutil.which(f"python{version}")]
        candidates += sorted(map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python")))
        for candidate in filter(None, candidates):
            # A pyenv shim is on PATH for every version, whether or not it is switched on here.
            said = subprocess.run([candidate, "-V"], capture_output=True, text=True, check=False).stdout
            if said.startswith(f"Python {version}."):
                found.setdefault(version, candidate)
    return found


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, on the Python that runs nox."""
    session.install("-e", ".[cli]", *TESTS)
    session.run("pytest", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the tests and require 95 % of all branches of the package."""
    session.install("-e", ".[cli]", *TESTS)
    session.run("coverage", "erase")
    # Browser, app and sandbox in one interpreter are too slow for their timeouts under a tracer; every other
    # session runs them, and they reach no line that nothing else does.
    too_slow = "--ignore=tests/e2e/test_web_app.py"
    session.run("coverage", "run", "-m", "pytest", too_slow, *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report", "--fail-under=95")


@nox.session
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest versions of the dependencies that pyproject.toml promises."""
    project = PYPROJECT["project"]
    promised = [*project["dependencies"], *project["optional-dependencies"]["aiohttp"]]
    required = [requirement.split(",")[0].replace(">=", "==") for requirement in promised]
    session.install("-e", ".[cli]", *required, *TESTS)
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types: ours strictly, and that users see all of theirs."""
    session.install("-e", ".[cli]", *TESTS, *nox.project.dependency_groups(PYPROJECT, "types"))
    session.run("mypy")
    session.run("mypy", "--strict", "tests/typing")
    session.run("pyright")
    session.run("pyright", "--verifytypes", "partnero_async", "--ignoreexternal")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; any warning fails."""
    session.install("-e", ".[cli]", *nox.project.dependency_groups(PYPROJECT, "docs"))
    session.run("mkdocs", "build", "--strict")


@nox.session
def demo(session: nox.Session) -> None:
    """Fetch thousands of customers from a local Partnero."""
    session.install("-e", ".[cli]")
    session.run("partnero", "demo", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, install it alone, and use it."""
    session.install("build")
    out = Path(session.create_tmp()) / "dist"
    shutil.rmtree(out, ignore_errors=True)
    session.run("python", "-m", "build", "--wheel", "--outdir", str(out), silent=True)
    (built,) = out.glob("*.whl")
    session.install("--force-reinstall", f"{built}[cli]")
    with session.chdir(out):
        session.run("partnero", "demo", "--customers", "500")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the SDK beside what a user would write; half an hour, or with ``-- --short`` a minute."""
    session.install("-e", ".[cli]", *TESTS, *nox.project.dependency_groups(PYPROJECT, "bench"))
    session.run("python", "-m", "benchmarks.speed", *session.posargs)
    if "--short" not in session.posargs:
        for other in ("import_cost", "stream_cost", "demonstrations"):
            session.run("python", "-m", f"benchmarks.{other}")
