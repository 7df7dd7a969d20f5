"""`neo env`: what a task sees, written for a program that reads a file. This shows values, as it has to."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neo_cli.commands.run import allow_name_option
from neo_cli.exits import Exit, Failure
from neo_cli.grants import Selection, fetch, granted, selects, tell_omitted
from neo_cli.options import Command, connected
from neo_cli.private_files import replace_file
from neo_cli.unsafe_names import refuse_unsafe

if TYPE_CHECKING:
    from neo_cli.client import Client

DIALECTS = ("dotenv", "docker", "shell", "json", "yaml", "systemd")


@click.command("env", cls=Command)
@selects
@click.option("--format", "dialect", type=click.Choice(DIALECTS), default="dotenv", show_default=True, help="For whom.")
@click.option("--output", "path", metavar="PATH", help="Write a file that only you can read, instead of stdout.")
@click.option("--show", is_flag=True, help="Write values to a terminal, too.")
@allow_name_option
@connected
def env(
    client: Client, selection: Selection, dialect: str, path: str | None, show: bool, allowed: tuple[str, ...]
) -> None:
    """Write the secrets of a task with their values, for docker, systemd, a shell or a dotenv reader.

    What a format cannot express is refused by name. Prefer `neo run`, which leaves nothing behind.
    """
    if path is None and sys.stdout.isatty() and not show:
        raise Failure("This would show values on the terminal. Redirect it, use --output PATH, or --show.", Exit.USAGE)
    with granted(client, selection) as grant:
        refuse_unsafe(grant.names, allowed)
        tell_omitted(grant.omitted)
        values = fetch(client, grant)
        refuse_unsafe(values, allowed)
    content = _written(values, dialect).encode()
    if path is None:
        sys.stdout.buffer.write(content)
    else:
        _replace(Path(path), content)


def _written(values: dict[str, str], dialect: str) -> str:
    from neo_cli.dialects import Inexpressible, write

    try:
        return write(dict(sorted(values.items())), dialect)
    except Inexpressible as refused:
        raise Failure(str(refused), Exit.DATA) from None


def _replace(path: Path, content: bytes) -> None:
    try:
        replace_file(path, content)
    except OSError as error:
        raise Failure(f"The file cannot be written: {error.strerror}.", Exit.CANNOT_WRITE) from None
