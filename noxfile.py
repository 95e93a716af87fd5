"""The sessions that developers and CI run: ``nox -l`` lists them.

Each runs on the Python that runs nox; ``--force-python`` with the path of another one runs it there, in an
environment of its own. The tests are those of the wheel that this tree makes, not of the tree: what the wheel
lacks, they miss.
"""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import nox

nox.options.sessions = ["tests"]
nox.options.error_on_external_run = True
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"

PYPROJECT = nox.project.load_toml("pyproject.toml")
BUILD = PYPROJECT["build-system"]["requires"]
SBOM = "sbom/partnero-async.cdx.json"
TESTS = nox.project.dependency_groups(PYPROJECT, "tests")
IN_MEMORY = "not sockets and not hostile and not docs and not endurance"
# Browser, app and sandbox share one interpreter: under a tracer they are too slow for their own timeouts.
UNTRACED = "tests/e2e/test_web_app.py"


def install_wheel(session: nox.Session, *more: str) -> None:
    """Build the wheel, and install it with its command line and whatever else is asked for."""
    session.install(*BUILD)
    # Not in session.create_tmp(), which makes it TMPDIR, too: pytest takes its settings from folders above.
    out = Path(session.virtualenv.location) / "dist"
    shutil.rmtree(out, ignore_errors=True)
    session.run("hatchling", "build", "--target", "wheel", "--directory", str(out), silent=True)
    (wheel,) = out.glob("*.whl")
    session.install(f"{wheel}[cli]", *more)
    # A reused environment has a wheel of the same version already.
    session.install("--force-reinstall", "--no-deps", str(wheel))


def build_twice(session: nox.Session) -> tuple[Path, Path]:
    """Build sdist and wheel from the tree, and both again from that sdist: the bytes must be the same.

    Returns:
        The sdist, and the wheel that was built from it.
    """
    place = Path(session.virtualenv.location).resolve() / "archives"
    shutil.rmtree(place, ignore_errors=True)
    dated = session.run(
        "git", "log", "-1", "--format=%ct", external=True, silent=True, success_codes=[0, 128]
    )
    # As an sdist without git's history, which has the date that hatchling gives it.
    env = {"SOURCE_DATE_EPOCH": dated.strip()} if isinstance(dated, str) and dated.strip().isdigit() else {}
    session.run("hatchling", "build", "--directory", str(place / "tree"), env=env, silent=True)
    (sdist,) = place.glob("tree/*.tar.gz")
    shutil.unpack_archive(sdist, place / "elsewhere", filter="data")
    (unpacked,) = place.glob("elsewhere/*")
    with session.chdir(unpacked):
        session.run("hatchling", "build", "--directory", str(place / "sdist"), env=env, silent=True)
    for archive in sorted(place.glob("tree/*")):
        again = place / "sdist" / archive.name
        if not again.exists() or archive.read_bytes() != again.read_bytes():
            session.error(f"{archive.name} comes out differently when it is built from the sdist: {place}")
        session.log(f"sha256 {sha256(archive.read_bytes()).hexdigest()}  {archive.name}")
    (wheel,) = place.glob("sdist/*.whl")
    return sdist, wheel


def version_of(wheel: Path) -> str:
    """The version that the name of a wheel tells."""
    return wheel.name.split("-")[1]


def bare_environment(session: nox.Session, name: str) -> Path:
    """The Python of a new environment that has nothing installed, pip neither."""
    folder = Path(session.virtualenv.location).resolve() / name
    session.run("python", "-m", "venv", "--clear", "--without-pip", str(folder))
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


def install_into(session: nox.Session, python: Path, *wanted: str) -> None:
    """Install into another environment than that of the session."""
    if session.venv_backend == "uv":
        session.run("uv", "pip", "install", "--quiet", "--python", str(python), *wanted)
    else:
        session.run("python", "-m", "pip", "--python", str(python), "install", "--quiet", *wanted)


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
def httpx2(session: nox.Session) -> None:
    """Run what is tried on every engine on the one over httpx2, which is made of the one over httpx."""
    session.run("python", ".ci/httpx2.py", "--check")
    install_wheel(session, *TESTS)
    tried = [f"tests/http/test_{name}.py" for name in ("connections", "engines", "origin", "proxies")]
    pytest(session, "tests/hostile", *tried, *session.posargs, TEST_ENGINES="httpx2")


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the tests on asyncio, and require 95 % of all branches of the package.

    With ten examples for each property, without the examples of the docs, without what goes on for long and
    without the hostile ones: more of them reach hardly another branch.
    """
    install_wheel(session, *TESTS)
    session.run("coverage", "erase")
    chosen = ("-m", "not docs and not endurance and not hostile", f"--deselect={UNTRACED}", *session.posargs)
    pytest(session, *chosen, coverage=True, profile="dev", TEST_LOOPS="asyncio")
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report", "--fail-under=95")


@nox.session
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest versions of the dependencies that pyproject.toml promises.

    On asyncio, and but for the examples of the docs and what goes on for long. Only by hand: ``-- tests/e2e``
    and ``-- -m hostile``.
    """
    project = PYPROJECT["project"]
    extras = project["optional-dependencies"]
    of_extras = (*extras["aiohttp"], *extras["httptools"], *extras["sqlalchemy"], *extras["cli"][1:])
    promised = [*project["dependencies"], *of_extras]
    required = [requirement.split(",")[0].replace(">=", "==") for requirement in promised]
    # The test client that needs httpx2 is that of the docs' examples; with httpx2 comes a newer idna.
    install_wheel(session, *required, *(one for one in TESTS if one != "httpx2"))
    chosen = session.posargs or ("--ignore=tests/e2e",)
    pytest(
        session,
        "-m",
        "not docs and not endurance and not hostile",
        *chosen,
        profile="dev",
        TEST_LOOPS="asyncio",
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format, and what the workflows of the forge say and are allowed."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    workflows = sorted(map(str, Path(".github/workflows").glob("*.yml")))
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    session.run("zizmor", "--offline", "--no-progress", *workflows)


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
    """Build the documentation; any warning fails, and any public name that it does not show."""
    session.install("-e", ".[cli]", *nox.project.dependency_groups(PYPROJECT, "docs"))
    session.run("mkdocs", "build", "--strict")
    session.run("python", "docs/api.py", "--site", "site")


@nox.session
def api(session: nox.Session) -> None:
    """Compare the public names with docs/api: ``-- --write`` renews it, ``-- --since v0.2.0`` looks back."""
    session.install("-e", ".[cli]", *nox.project.dependency_groups(PYPROJECT, "api"))
    session.run("python", "docs/api.py", *session.posargs)


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
    files = ("run_recipes.py", "run_synchronous_hosts.py", "run_jobs.py", "run_cut_off.py")
    recipes = [f"tests/frameworks/{file}" for file in files]
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
    """Build the archives of a release, and use the wheel as users do, away from the tree.

    It is the wheel that the sdist makes: once with nothing but what it requires, once with its command line.
    """
    session.install(*BUILD, *nox.project.dependency_groups(PYPROJECT, "types"))
    sdist, built = build_twice(session)
    checks = Path("tests/installed").resolve()
    session.run("python", str(checks / "archives.py"), str(sdist), str(built))
    plain, full = (bare_environment(session, name) for name in ("plain", "full"))
    install_into(session, plain, str(built))
    install_into(session, full, f"{built}[cli]")
    # Not below the tree, where type checkers look for settings and for modules.
    with TemporaryDirectory() as away, session.chdir(away):
        partnero = str(full.parent / "partnero")
        session.run(str(plain), "-I", str(checks / "use.py"), partnero, external=True)
        session.run(partnero, "--version", external=True)
        session.run(partnero, "demo", "--customers", "500", external=True)
        shutil.copy(checks / "typed.py", ".")
        session.run("mypy", "--strict", "--python-executable", str(plain), "typed.py")
        session.run("pyright", "--pythonpath", str(plain), "typed.py")


@nox.session
def release(session: nox.Session) -> None:
    """Put the archives of a release into dist; ``-- v0.2.0`` refuses another version than that of the tag."""
    if session.run("git", "status", "--porcelain", external=True, silent=True):
        session.error("there are changes that are not committed: no tag would have them")
    session.install(*BUILD, *nox.project.dependency_groups(PYPROJECT, "release"))
    archives = build_twice(session)
    session.run("python", "tests/installed/archives.py", *map(str, archives))
    session.run("twine", "check", "--strict", *map(str, archives))
    for tag in session.posargs:
        if tag != f"v{version_of(archives[1])}":
            session.error(f"{archives[1].name} is not the version of {tag}")
    shutil.rmtree("dist", ignore_errors=True)
    for archive in archives:
        Path("dist").mkdir(exist_ok=True)
        shutil.copy(archive, "dist")


@nox.session
def sbom(session: nox.Session) -> None:
    """Write the bill of materials: what the package and its extras require, in the versions of today."""
    session.install(*BUILD, *nox.project.dependency_groups(PYPROJECT, "sbom"))
    out = Path(session.create_tmp())
    session.run("hatchling", "build", "--target", "wheel", "--directory", str(out), silent=True)
    (built,) = out.glob("*.whl")
    version = version_of(built)
    python = bare_environment(session, "described")
    # By its name: of a wheel that was given by its path, the bill would tell the path.
    wanted = f"partnero-async[{','.join(PYPROJECT['project']['optional-dependencies'])}]=={version}"
    install_into(session, python, "--find-links", str(out), wanted)
    # The tool reads no version that is dynamic.
    described = Path("pyproject.toml").read_text(encoding="utf-8")
    described = described.replace('dynamic = ["readme", "version"]', f'version = "{version}"')
    (out / "pyproject.toml").write_text(described, encoding="utf-8")
    told = ("--pyproject", str(out / "pyproject.toml"), "--mc-type", "library", "--output-reproducible")
    session.run("cyclonedx-py", "environment", *told, "--output-file", SBOM, str(python))


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
    """Measure the SDK beside what a user would write; with ``-- --short`` 3 minutes at most, else 50."""
    session.install("-e", ".[cli]", *TESTS, *nox.project.dependency_groups(PYPROJECT, "bench"))
    session.run("python", "-m", "benchmarks.speed", *session.posargs)
    if "--short" not in session.posargs:
        for other in ("import_cost", "stream_cost", "demonstrations"):
            session.run("python", "-m", f"benchmarks.{other}")
