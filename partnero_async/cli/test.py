"""``partnero test``: does the API key work?"""

from __future__ import annotations

import click

from .ending import end_with
from .exit_codes import ExitCode
from .settings import client, settings_of_one

__all__ = ["test"]


@settings_of_one
@click.command()
def test() -> None:
    """Test the API key, and show which program it belongs to."""

    async def ask() -> ExitCode:
        async with client() as partnero:
            connection = await partnero.test()
        program = connection.program.pub_id if connection.program else "a program that was not named"
        click.echo(f"The API key works. It belongs to program {program}.")
        return ExitCode.OK

    end_with(ask)
