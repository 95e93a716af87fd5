"""`python -m partnero_async.sandbox`, as another process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import partnero_async
from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.server import running

from .clients import API_KEY

_COMMAND = [sys.executable, "-m", "partnero_async.sandbox"]
# Where the package under test is, installed or not.
_ROOT = Path(partnero_async.__file__).parents[1]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONWARNINGS": "default"}


@contextmanager
def _started(
    *arguments: str, stdin: int = subprocess.DEVNULL
) -> Generator[tuple["subprocess.Popen[str]", str], None, None]:
    """The process and its base URL; what is still running at the end is killed."""
    with subprocess.Popen(
        [*_COMMAND, *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            assert line.startswith("Sandbox ready at http://127.0.0.1:")
            assert line.endswith("/v1\n")
            while not process.stdout.readline().startswith("  export PARTNERO_API_KEY="):
                assert process.poll() is None
            yield process, line.split()[-1]
        finally:
            process.kill()


def _get(url: str, api_key: str = API_KEY) -> httpx.Response:
    return httpx.get(url, headers={"Authorization": f"Bearer {api_key}"}, trust_env=False)


def _refused(*arguments: str) -> tuple[int, list[str]]:
    """The exit code and the lines of a command that does not start."""
    result = subprocess.run(
        [*_COMMAND, *arguments], capture_output=True, text=True, env=_environment(), timeout=30, check=False
    )
    assert result.stdout == ""
    return result.returncode, result.stderr.splitlines()


def test_it_serves_what_its_arguments_say(tmp_path: Path) -> None:
    fault = {
        "do": "status",
        "status": 418,
        "path": "/v1/customers/customer_000002",
        "headers": {"X-Fault": "yes"},
    }
    arguments = ["--customers", "3", "--seed", "5", "--state", str(tmp_path / "state.db"), "--latency", "1-2"]
    arguments += ["--rate-limit", "3/60", "--no-rate-limit-headers", "--fault", json.dumps(fault)]
    arguments += ["--api-key", "one=affiliate", "--api-key", "two=newsletter"]
    with _started(*arguments) as (_, base_url):
        customer = _get(f"{base_url}/customers/customer_000001", "one")
        assert customer.status_code == 200
        assert "X-RateLimit-Limit" not in customer.headers
        assert _get(f"{base_url}/customers/customer_000002", "one").headers["X-Fault"] == "yes"
        assert [_get(f"{base_url}/test", "one").status_code for _ in range(3)] == [200, 200, 429]
        assert _get(f"{base_url}/test", "two").status_code == 200
        assert _get(f"{base_url}/customers", "two").status_code == 404
        assert _get(f"{base_url}/test").status_code == 401
    assert (tmp_path / "state.db").exists()


def test_emails_are_unique_if_asked_and_every_type_of_program_has_a_key() -> None:
    customer = {"email": "customer_000001@example.com"}
    for arguments, status in (([], 201), (["--unique-emails"], 422)):
        with _started("--customers", "1", *arguments) as (_, base_url):
            for key in ("sandbox_affiliate", "sandbox_referral", "sandbox_newsletter"):
                assert _get(f"{base_url}/test", key).status_code == 200
            response = httpx.post(
                f"{base_url}/customers",
                json=customer,
                headers={"Authorization": "Bearer sandbox_referral"},
                trust_env=False,
            )
            assert response.status_code == status


def test_it_fills_newsletters_and_connects_providers() -> None:
    arguments = ["--subscribers", "4", "--provider", "stripe", "--provider", "paddle"]
    arguments += ["--api-key", "one=newsletter"]
    coupon = {
        "coupon_discount_type": "static",
        "coupon_discount_amount": 5,
        "coupon_duration_type": "once",
        "sync": {"provider": "paddle"},
    }
    with _started(*arguments) as (_, base_url):
        assert _get(f"{base_url}/program", "one").json()["data"]["total_subscribers"] == 4
        response = httpx.post(
            f"{base_url}/coupons", json=coupon, headers={"Authorization": "Bearer one"}, trust_env=False
        )
        assert response.json()["synchronization_enabled"] is True


def test_its_help_has_every_option() -> None:
    result = subprocess.run(
        [*_COMMAND, "--help"], capture_output=True, text=True, env=_environment(), timeout=30, check=True
    )
    for option in ("--customers", "--api-key", "--unique-emails", "--fault", "sandbox_referral=referral"):
        assert option in result.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_in_silence(number: signal.Signals) -> None:
    with _started() as (process, base_url):
        _get(f"{base_url}/test")
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)
        assert (process.returncode, output, errors) == (0, "", "")


def test_it_says_what_is_needed_to_use_it() -> None:
    command = [*_COMMAND, "--api-key", "it's mine=newsletter"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_environment()) as process:
        assert process.stdout is not None
        first, page, key, where, url, export = (process.stdout.readline().rstrip("\n") for _ in range(6))
        process.kill()
    base_url = first.removeprefix("Sandbox ready at ")
    assert page == f"A page to look at: {base_url.removesuffix('v1')}"
    assert key == "API key of the newsletter program: it's mine"
    assert where == "In another terminal:"
    assert url == f"  export PARTNERO_BASE_URL={base_url}"
    said = subprocess.run(
        ["sh", "-c", f'{export}; printf %s "$PARTNERO_API_KEY"'], capture_output=True, text=True, check=True
    )
    assert said.stdout == "it's mine"


def test_it_logs_requests_if_asked_to() -> None:
    with _started("--log") as (process, base_url):
        _get(f"{base_url}/test")
        _get(f"{base_url}/customers/%1B%5B31m")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
    lines = [line.split() for line in errors.splitlines()]
    assert [(line[1], *line[4:]) for line in lines] == [
        ("200", "GET", "/v1/test"),
        ("404", "GET", "/v1/customers/%1B%5B31m"),
    ]


def test_it_says_which_faults_can_never_strike() -> None:
    faults = ['{"do": "drop", "path": "/customers/*"}', '{"do": "drop", "path": "/v1/customers/*"}']
    arguments = [argument for fault in faults for argument in ("--fault", fault)]
    with _started(*arguments) as (process, _):
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
    assert errors.splitlines() == [
        "python -m partnero_async.sandbox: this fault can never strike: "
        "no route is like any method /customers/* (paths begin with /v1)"
    ]


def test_a_signal_stops_it_in_silence_while_a_request_hangs() -> None:
    with _started("--latency", "60000") as (process, base_url):
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{base_url}/test", timeout=0.05, trust_env=False)
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=10)
        assert (process.returncode, output, errors) == (0, "", "")


def test_it_stops_when_its_standard_input_closes_if_asked_to() -> None:
    with _started("--stop-with-stdin", stdin=subprocess.PIPE) as (process, _):
        _, errors = process.communicate(timeout=10)
        assert (process.returncode, errors) == (0, "")


def test_it_goes_on_without_standard_input_unless_asked() -> None:
    with _started(stdin=subprocess.DEVNULL) as (process, base_url):
        assert _get(f"{base_url}/test").status_code == 200
        assert process.poll() is None


def test_a_port_in_use_is_one_line_and_exit_code_1() -> None:
    sandbox = Sandbox()
    with running(sandbox) as base_url:
        port = base_url.rsplit(":")[-1].partition("/")[0]
        code, lines = _refused("--port", port)
    sandbox.close()
    assert code == 1
    assert len(lines) == 1
    assert f"port {port}" in lines[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "http"], "not a port"),
        (["--port", "65536"], "not a port"),
        (["--customers", "-1"], "--customers"),
        (["--customers", "many"], "not a number of records"),
        (["--subscribers", "-1"], "--subscribers"),
        (["--provider", "paypal"], "--provider"),
        (["--seed", "x"], "--seed"),
        (["--latency", "50-5"], "latency"),
        (["--latency", "fast"], "not MIN-MAX"),
        (["--rate-limit", "60"], "not REQUESTS/SECONDS"),
        (["--rate-limit", "0/60"], "rate_limit"),
        (["--api-key", "key"], "not NAME=TYPE"),
        (["--api-key", "key=shop"], "shop"),
        (["--api-key", "=affiliate"], "API key"),
        (["--fault", "drop"], "not a fault"),
        (["--fault", '{"do": "explode"}'], "do must be"),
        (["--fault", "[]"], "must be an object"),
        (["--state", "/nowhere/at/all.db"], "/nowhere/at/all.db"),
        (["--unknown"], "--unknown"),
        (["extra"], "extra"),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(arguments: list[str], said: str) -> None:
    code, lines = _refused(*arguments)
    assert code == 2
    assert len(lines) == 1
    assert said in lines[0]
