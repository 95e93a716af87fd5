"""``partnero sandbox``: a local Partnero."""

from __future__ import annotations

import sys

import click

__all__ = ["sandbox"]


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sandbox(arguments: tuple[str, ...]) -> None:
    """Serve a local Partnero on 127.0.0.1 (--help lists its options)."""
    from ..sandbox.__main__ import main

    sys.exit(main(list(arguments), program="partnero sandbox"))
