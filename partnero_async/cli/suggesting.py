"""A group of commands that says which one is meant."""

from __future__ import annotations

import click

__all__ = ["Suggesting"]


class Suggesting(click.Group):
    """Names the command that is nearest to one that there is not."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            if not near:
                raise
            raise click.UsageError(f"there is no command {args[0]}; did you mean {near[0]}?", ctx) from error
