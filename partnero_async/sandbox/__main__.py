"""`python -m partnero_async.sandbox`: serve a sandbox until told to stop."""

import argparse
import contextlib
import os
import re
import shlex
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NoReturn, cast

from .calls import PROVIDERS, ProgramType
from .faults import Fault
from .journal import Entry
from .jsontext import parse
from .nouns import ROUTES
from .reach import can_strike
from .sandbox import DEFAULT_API_KEYS, Sandbox
from .server import serve
from .store import StateError


class _Parser(argparse.ArgumentParser):
    """Complains in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")


def main(arguments: Sequence[str] | None = None, *, program: str = "python -m partnero_async.sandbox") -> int:
    """Run the command, which calls itself `program`, and return its exit code."""
    parser = _arguments()
    parser.prog = program
    options = parser.parse_args(arguments)
    try:
        sandbox = Sandbox(
            options.state,
            customers=options.customers,
            subscribers=options.subscribers,
            seed=options.seed,
            api_keys=dict(options.api_key) if options.api_key else None,
            providers=options.provider,
            unique_emails=options.unique_emails,
            latency=options.latency,
            rate_limit=(*options.rate_limit, options.rate_limit_headers) if options.rate_limit else None,
            faults=options.fault,
            deliver_to=options.deliver_to,
            on_request=_log if options.log else None,
        )
    except (ValueError, StateError) as error:
        parser.error(str(error))
    for fault in options.fault:
        if not can_strike(fault, ROUTES):
            what = f"{fault.method or 'any method'} {fault.path}"
            print(
                f"{parser.prog}: this fault can never strike: no route is like {what} (paths begin with /v1)",
                file=sys.stderr,
            )
    api_keys = dict(options.api_key) if options.api_key else DEFAULT_API_KEYS
    try:
        if options.stop_with_stdin:
            threading.Thread(target=_stop_with_stdin, name="stdin", daemon=True).start()
        serve(sandbox, port=options.port, on_ready=partial(_announce, api_keys))
    except OSError as error:
        print(
            f"{parser.prog}: cannot serve on port {options.port}: {error.strerror or error}", file=sys.stderr
        )
        return 1
    finally:
        sandbox.close()
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = _Parser(
        description="Serve a local Partnero on 127.0.0.1. Its customers are customer_000001 and so on, "
        "its partners partner_001 with the referral key ref_001 and so on; in a refer-a-friend program, "
        "customers have the keys ref_000001 and so on.",
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=_port, default=0, help="0, the default, takes a free one")
    parser.add_argument(
        "--customers", type=_count, default=0, help="how many customers to start with; none unless given"
    )
    parser.add_argument(
        "--subscribers",
        type=_count,
        default=0,
        help="how many subscribers newsletters start with; none unless given",
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same records")
    parser.add_argument("--state", default=":memory:", metavar="FILE", help="keep the state in this file")
    parser.add_argument(
        "--latency", type=_latency, default=(0.0, 0.0), metavar="MIN-MAX", help="in milliseconds"
    )
    parser.add_argument("--rate-limit", type=_rate_limit, metavar="REQUESTS/SECONDS", help="per API key")
    parser.add_argument(
        "--no-rate-limit-headers",
        dest="rate_limit_headers",
        action="store_false",
        help="limit without telling, as Partnero may",
    )
    parser.add_argument(
        "--api-key",
        type=_api_key,
        action="append",
        metavar="NAME=TYPE",
        help="affiliate, referral or newsletter; repeatable; default sandbox_affiliate=affiliate, "
        "sandbox_referral=referral and sandbox_newsletter=newsletter",
    )
    parser.add_argument(
        "--unique-emails", action="store_true", help="refuse a customer with the e-mail address of another"
    )
    parser.add_argument(
        "--provider",
        choices=PROVIDERS,
        action="append",
        default=[],
        help="what programs are connected to, so that coupons can be made there too; repeatable",
    )
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="JSON",
        help="a rule of misbehaviour; repeatable",
    )
    parser.add_argument(
        "--deliver-to",
        action="append",
        default=[],
        metavar="HOST",
        help="where webhooks may be delivered beside this machine; repeatable",
    )
    parser.add_argument("--log", action="store_true", help="show each request on standard error")
    parser.add_argument("--stop-with-stdin", action="store_true", help="stop when standard input closes")
    return parser


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port")


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= 10_000_000:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of records")


def _latency(text: str) -> tuple[float, float]:
    found = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)(?:-(\d{1,9}(?:\.\d+)?))?", text, re.ASCII)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not MIN-MAX in milliseconds, such as 5-50")
    return float(found[1]) / 1000, float(found[2] or found[1]) / 1000


def _rate_limit(text: str) -> tuple[int, float]:
    found = re.fullmatch(r"(\d{1,9})/(\d{1,9}(?:\.\d+)?)", text, re.ASCII)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not REQUESTS/SECONDS, such as 60/60")
    return int(found[1]), float(found[2])


def _api_key(text: str) -> tuple[str, ProgramType]:
    name, equals, kind = text.rpartition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=TYPE, such as my_key=affiliate")
    return name, cast("ProgramType", kind)  # the sandbox refuses a type that it does not know


def _fault(text: str) -> Fault:
    try:
        return Fault.from_json(parse(text.encode("utf-8", "surrogateescape")))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a fault: {error}") from None


def _announce(api_keys: Mapping[str, ProgramType], base_url: str) -> None:
    """Tell what whoever started it needs next; the first line is for programs that read one."""
    # Whoever it was started by may not read it.
    with contextlib.suppress(OSError, ValueError):
        print(f"Sandbox ready at {base_url}", flush=True)
        print(f"A page to look at: {base_url.removesuffix('v1')}")
        for api_key, kind in api_keys.items():
            print(f"API key of the {kind} program: {api_key}")
        print("In another terminal:")
        print(f"  export PARTNERO_BASE_URL={base_url}")
        print(f"  export PARTNERO_API_KEY={shlex.quote(next(iter(api_keys)))}", flush=True)


def _log(entry: Entry) -> None:
    with contextlib.suppress(OSError, ValueError):
        target = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in entry.target)
        print(
            f"{entry.at:%H:%M:%S} {entry.outcome:>4} {entry.milliseconds:7.1f} ms  {entry.method} {target}",
            file=sys.stderr,
        )


def _stop_with_stdin() -> None:
    # Not sys.stdin.read(): a thread that holds its lock aborts the interpreter when that shuts down.
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
