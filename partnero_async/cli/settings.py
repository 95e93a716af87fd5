"""What is said of the client on the command line, and the client that this gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast

import click

if TYPE_CHECKING:
    from ..client import AsyncPartnero
    from ..shared import RedisRateLimit

__all__ = ["client", "settings_of_all", "settings_of_one"]

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

if TYPE_CHECKING:
    _ParamType: TypeAlias = click.ParamType[Any]
else:  # before click 8.4 it takes no parameter
    _ParamType = click.ParamType

_PER: Final = {"s": 1.0, "min": 60.0, "h": 3600.0}


class _RateLimit(_ParamType):
    name = "requests/seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9}(?:\.\d+)?)?(s|min|h)?", str(value), re.ASCII)
        if found is None or not (found[2] or found[3]) or int(found[1]) == 0 or float(found[2] or 1) == 0:
            self.fail(f"{value!r} is not REQUESTS/SECONDS, such as 60/60, 5/s or 300/min")
        return int(found[1]), float(found[2] or 1) * _PER[found[3] or "s"]


_SECONDS: Final = click.FloatRange(min=0, min_open=True, max=1e9)


def _kept(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value is not None:
        _settings(ctx)[str(param.name)] = value


def _settings(ctx: click.Context) -> dict[str, Any]:
    return cast("dict[str, Any]", ctx.find_root().ensure_object(dict))  # pyright: ignore[reportUnknownMemberType]


_OPTIONS: Final = (
    click.option(
        "--profile",
        metavar="NAME",
        help="Which program: its key is in PARTNERO_API_KEY_NAME, or in profiles.toml, in the system's "
        "folder for settings.",
    ),
    click.option("--timeout", type=_SECONDS, metavar="SECONDS", help="For one attempt; 10 unless given."),
    click.option(
        "--deadline", type=_SECONDS, metavar="SECONDS", help="For one call with its retries; 30 unless given."
    ),
    click.option(
        "--retries",
        type=click.IntRange(0, 100),
        help="Of a failed attempt, where that is safe; 2 unless given.",
    ),
    click.option(
        "--rate-limit", type=_RateLimit(), help="To be kept by this command, such as 5/s or 300/min."
    ),
    click.option(
        "--redis",
        metavar="URL",
        help="The --rate-limit is that of all processes with this API key that name this Redis.",
    ),
)


def settings_of_all(command: CommandT) -> CommandT:
    """Gives the root of all commands the options that say how the client is to be."""
    return _with_options(command, hidden=False)


def settings_of_one(command: CommandT) -> CommandT:
    """Gives a command the same options, so that they may stand behind its name, too."""
    return _with_options(command, hidden=True)


def _with_options(command: CommandT, *, hidden: bool) -> CommandT:
    decorated: Any = command
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    is_made = isinstance(decorated, click.Command)
    parameters: list[Any] = decorated.params if is_made else decorated.__click_params__
    for parameter in parameters[-len(_OPTIONS) :]:
        parameter.expose_value = False
        parameter.callback = _kept
        parameter.hidden = hidden
    return cast("CommandT", decorated)


def client(*, concurrency: int | None = None, base_url: str | None = None) -> AsyncPartnero:
    """The client that options, profile and environment ask for.

    Args:
        concurrency: How many calls it makes at a time.
        base_url: Another base URL than these have.

    Raises:
        ArgumentError: There is no API key, or a setting cannot be.
    """
    from ..client import AsyncPartnero
    from ..errors import ArgumentError
    from ..inputs.options import RateLimit

    ctx = click.get_current_context(silent=True)
    settings = {} if ctx is None else dict(_settings(ctx))
    given: dict[str, Any] = {}
    if "profile" in settings:
        from .profiles import profile

        given.update(profile(settings["profile"]))
    given.update({name: settings[name] for name in ("timeout", "retries") if name in settings})
    if "deadline" in settings or "timeout" in settings:
        given["deadline"] = settings.get("deadline", max(30.0, settings.get("timeout", 0.0)))
    if "rate_limit" in settings:
        given["rate_limit"] = _shared(settings) if "redis" in settings else RateLimit(*settings["rate_limit"])
    elif "redis" in settings:
        raise click.UsageError("--redis needs the --rate-limit that all keep")
    if base_url is not None:
        given["base_url"] = base_url
    if concurrency is not None:
        given["max_concurrency"] = concurrency
    try:
        return AsyncPartnero(**given)
    except ArgumentError as error:
        error.message = _in_variables(error.message)
        raise


def _shared(settings: Mapping[str, Any]) -> RedisRateLimit:
    from ..errors import ArgumentError

    try:
        from ..shared import RedisRateLimit
    except ModuleNotFoundError as error:
        raise click.UsageError(str(error)) from None
    try:
        requests, per_seconds = settings["rate_limit"]
        return RedisRateLimit(settings["redis"], requests, per_seconds)
    except ArgumentError as error:
        raise click.UsageError(error.message.replace("url is", "--redis is")) from None


def _in_variables(said: str) -> str:
    """An error of the client in the words of whoever has no Python argument to give."""
    if said.startswith("no API key"):
        return "no API key: set PARTNERO_API_KEY in the environment, or choose a --profile"
    said = said.replace(", or allow_http=True if that is meant", "")
    return re.sub(r"^(base_url|api_key)\b", lambda name: f"PARTNERO_{name[1].upper()}", said)
