"""The sessions that developers and CI run: ``nox -l`` lists them.

Each runs on the Python that runs nox; ``--force-python`` with the path of another one runs it there, in an
environment of its own. The tests are those of the wheel that this tree makes, not of the tree: what the wheel
lacks, they miss.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

nox.options.sessions = ["tests"]
nox.options.error_on_external_run = True
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"

PYPROJECT = nox.project.load_toml("pyproject.toml")
TESTS = nox.project.dependency_groups(PYPROJECT, "tests")
IN_MEMORY = "not sockets and not hostile and not docs and not endurance"
# Browser, app and sandbox share one interpreter: under a tracer they are too slow for their own timeouts.
UNTRACED = "tests/e2e/test_web_app.py"


def install_wheel(session: nox.Session, *more: str) -> None:
    """Build the wheel, and install it with its command line and whatever else is asked for."""
    session.install(*PYPROJECT["build-system"]["requires"])
    # Not in session.create_tmp(), which makes it TMPDIR, too: pytest takes its settings from folders above.
    out = Path(session.virtualenv.location) / "dist"
    shutil.rmtree(out, ignore_errors=True)
    session.run("hatchling", "build", "--target", "wheel", "--directory", str(out), silent=True)
    (wheel,) = out.glob("*.whl")
    session.install(f"{wheel}[cli]", *more)
    # A reused environment has a wheel of the same version already.
    session.install("--force-reinstall", "--no-deps", str(wheel))


def pytest(
    session: nox.Session, *arguments: str, coverage: bool = False, profile: str = "ci", **env: str
) -> None:
    """Run tests with a worker per core."""
    env |= {
        "HYPOTHESIS_PROFILE": os.environ.get("HYPOTHESIS_PROFILE", profile),
        # Images of Docker set it; then every worker and every child process compiles all modules anew.
        "PYTHONDONTWRITEBYTECODE": "",
        # Keeps the tree off sys.path in children, as --import-mode=importlib does in the workers.
        "PYTHONSAFEPATH": "1",
    }
    command = ("coverage", "run", "-m", "pytest") if coverage else ("pytest",)
    session.run(*command, "--numprocesses=auto", "--dist=worksteal", *arguments, env=env)


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests."""
    install_wheel(session, *TESTS)
    pytest(session, *session.posargs)


@nox.session
def quick(session: nox.Session) -> None:
    """Run the tests that stay in memory, with ten examples for each property."""
    install_wheel(session, *TESTS)
    pytest(session, "-m", IN_MEMORY, *session.posargs, profile="dev")


@nox.session
def soak(session: nox.Session) -> None:
    """Run the tests of endurance at full length; the other sessions run a fifth of it."""
    install_wheel(session, *TESTS)
    at_length = ("tests/hostile", "tests/sandbox/test_hostile_input.py", "tests/outbox", "tests/export")
    pytest(session, *at_length, "--timeout=900", *session.posargs, TEST_SOAK="1")


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the tests on asyncio, and require 95 % of all branches of the package.

    With ten examples for each property, without the examples of the docs, and without what goes on for long:
    more of them reach no other branch.
    """
    install_wheel(session, *TESTS)
    session.run("coverage", "erase")
    chosen = ("-m", "not docs and not endurance", f"--deselect={UNTRACED}", *session.posargs)
    pytest(session, *chosen, coverage=True, profile="dev", TEST_LOOPS="asyncio")
    if not session.posargs:
        pytest(session, UNTRACED)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report", "--fail-under=95")


@nox.session
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest versions of the dependencies that pyproject.toml promises.

    On asyncio, and but for the hostile ones, what goes on for long, and the examples of the docs: those are
    about our own code.
    """
    project = PYPROJECT["project"]
    extras = project["optional-dependencies"]
    promised = [*project["dependencies"], *extras["aiohttp"], *extras["sqlalchemy"]]
    required = [requirement.split(",")[0].replace(">=", "==") for requirement in promised]
    install_wheel(session, *required, *TESTS)
    chosen = ("-m", "not hostile and not docs and not endurance", *session.posargs)
    pytest(session, *chosen, profile="dev", TEST_LOOPS="asyncio")


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
def openapi(session: nox.Session) -> None:
    """Try the sandbox against the OpenAPI description, with data that fits it and data that does not."""
    install_wheel(session, *TESTS, *nox.project.dependency_groups(PYPROJECT, "openapi"))
    # Schemathesis and what it brings along warn of their own affairs.
    pytest(session, "tests/conformance/fuzz_sandbox.py", "-W", "default", *session.posargs)


@nox.session
def frameworks(session: nox.Session) -> None:
    """Run the recipes of the docs for frameworks and hosts that the other tests do not have."""
    install_wheel(session, *TESTS, *nox.project.dependency_groups(PYPROJECT, "frameworks"))
    recipes = ("tests/frameworks/run_recipes.py", "tests/frameworks/run_synchronous_hosts.py")
    pytest(session, *recipes, *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """Use the sandbox's pages in Debian's Chromium: ``apt-get install chromium`` has to come first."""
    install_wheel(session, *TESTS, *nox.project.dependency_groups(PYPROJECT, "browser"))
    pytest(session, "tests/browser/run_inspector.py", *session.posargs)


@nox.session
def demo(session: nox.Session) -> None:
    """Fetch thousands of customers from a local Partnero."""
    session.install("-e", ".[cli]")
    session.run("partnero", "demo", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """Install the wheel with its command line and nothing else, and use it away from the tree."""
    install_wheel(session)
    with session.chdir(session.create_tmp()):
        session.run("partnero", "demo", "--customers", "500")


@nox.session
def examples(session: nox.Session) -> None:
    """Run the tests of the examples as users would, with the wheel and its test kit, away from the tree."""
    install_wheel(session, "pytest>=8.3", "fastapi>=0.115")
    for example in sorted(path.parent for path in Path("examples").glob("*/pytest.ini")):
        copy = Path(session.create_tmp(), example.name)
        shutil.copytree(example, copy, dirs_exist_ok=True)
        with session.chdir(copy):
            session.run("pytest", "-q", "-p", "no:cacheprovider")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the SDK beside what a user would write; half an hour, or with ``-- --short`` a minute."""
    session.install("-e", ".[cli]", *TESTS, *nox.project.dependency_groups(PYPROJECT, "bench"))
    session.run("python", "-m", "benchmarks.speed", *session.posargs)
    if "--short" not in session.posargs:
        for other in ("import_cost", "stream_cost", "demonstrations"):
            session.run("python", "-m", f"benchmarks.{other}")
