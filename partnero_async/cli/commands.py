"""The root of the command line; each command is loaded when it is asked for."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from .exit_codes import EXIT_CODES, ExitCode
from .settings import settings_of_all
from .suggesting import Suggesting

__all__ = ["partnero", "run"]

# Name -> module, and the line of the help: that of ``partnero --help`` loads none of them.
_COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("demo", "Fetch thousands of customers from a local Partnero."),
    "sandbox": ("sandbox", "Serve a local Partnero on 127.0.0.1."),
    "test": ("test", "Test the API key, and show which program it belongs to."),
    "api": ("api", "Call any endpoint."),
    "program": ("nouns", "The program that the API key belongs to."),
    "partners": ("nouns", "Partners of an affiliate program."),
    "links": ("nouns", "Referral links of an affiliate program's partners."),
    "customers": ("nouns", "Customers of an affiliate program."),
    "transactions": ("nouns", "Transactions of an affiliate program."),
    "leads": ("nouns", "Leads of an affiliate program."),
    "payouts": ("nouns", "Payout requests of an affiliate program."),
    "referral-customers": ("nouns", "Customers of a refer-a-friend program."),
    "referral-links": ("nouns", "Referral links of a refer-a-friend program's customers."),
    "referral-transactions": ("nouns", "Transactions of a refer-a-friend program."),
    "subscribers": ("nouns", "Subscribers of a newsletter program."),
    "rewards": ("nouns", "What subscribers get for referring others."),
    "coupons": ("nouns", "Discounts."),
    "promotion-codes": ("nouns", "The codes that give them."),
    "settings": ("nouns", "Free-form settings of a program."),
    "webhooks": ("nouns", "Webhook subscriptions, and what a sandbox delivers to them."),
    "jobs": ("jobs", "Bulk runs in parts, which several machines do."),
    "outbox": ("outbox", "Sales that are sent exactly once."),
}


class _Root(Suggesting):
    """Knows its commands by name, and loads the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, help = _COMMANDS[cmd_name]
        loaded = import_module(f".{module}", __package__)
        if module == "nouns":
            command: click.Command = loaded.group_of(cmd_name, help)
            return command
        return getattr(loaded, cmd_name)  # type: ignore[no-any-return]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help) for name, (_, help) in _COMMANDS.items()])


def _show_version(ctx: click.Context, _: click.Parameter, is_wanted: bool) -> None:
    if is_wanted and not ctx.resilient_parsing:
        from .. import __version__

        click.echo(f"partnero, version {__version__}")
        ctx.exit()


@click.group(cls=_Root, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and exit.",
)
@settings_of_all
def partnero() -> None:
    """Partnero from the command line.

    The API key is read from PARTNERO_API_KEY, and PARTNERO_BASE_URL points to another server, such as a
    local sandbox. --profile chooses one of several programs.
    """


def run() -> NoReturn:
    """Runs the command that the arguments name, and exits with its code."""
    from .display import say, warn

    code: Any = 0
    try:
        # Not standalone: click would end with 1 where somebody interrupts, and has no code for that.
        code = partnero.main(prog_name="partnero", standalone_mode=False)
    except click.ClickException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # which click has since 8.2
            error.show()
            sys.exit(error.exit_code)
        if isinstance(error, click.UsageError) and error.ctx is not None:
            say(error.ctx.get_usage())
        warn(error.format_message())
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        warn("interrupted")
        code = ExitCode.INTERRUPTED
    except Exception as error:
        from ..errors import PartneroError
        from .ending import told

        if not isinstance(error, PartneroError):
            raise
        code = told(error)
    sys.exit(int(code or 0))
