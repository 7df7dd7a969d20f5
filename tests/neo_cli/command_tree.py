"""A walk through the tree of commands."""

from __future__ import annotations

from collections.abc import Iterator

import click


def commands(command: click.Command, path: str = "neo") -> Iterator[tuple[str, click.Command]]:
    """Yield the command and, for a group, everything below it, each with its path such as `neo secrets list`."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from commands(child, f"{path} {name}")
