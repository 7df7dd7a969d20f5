"""The command `neo env`: a task's secrets, written for a program that reads a file. Its output contains values."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neo_cli.commands.run import allow_name_option
from neo_cli.exits import Exit, Failure
from neo_cli.grants import Selection, fetch, granted, report_omitted, selection_options
from neo_cli.options import Command, connected
from neo_cli.private_files import replace_file
from neo_cli.project_file import project_file
from neo_cli.unsafe_names import refuse_unsafe

if TYPE_CHECKING:
    from neo_cli.client import Client

DIALECTS = ("dotenv", "docker", "shell", "json", "yaml", "systemd")


@click.command(
    "env",
    cls=Command,
    examples=["neo env --output .env", "neo env --project Robots --format docker --output docker.env"],
)
@selection_options
@click.option(
    "--format",
    "dialect",
    type=click.Choice(DIALECTS),
    default="dotenv",
    show_default=True,
    metavar="FORMAT",
    help="One of: dotenv, docker, shell, json, yaml, systemd.",
)
@click.option("--output", "path", metavar="PATH", help="Write to a file that only you can read, not to stdout.")
@click.option("--show", is_flag=True, help="Allow writing values to a terminal.")
@allow_name_option
@connected
def env(
    client: Client, selection: Selection, dialect: str, path: str | None, show: bool, allowed: tuple[str, ...]
) -> None:
    """Write a task's secrets with their values to a file or stdout.

    For programs that read a file: docker, systemd, a shell or a dotenv parser. If the
    format cannot represent a value, nothing is written. Prefer `neo run`: it leaves no
    values behind.
    """
    if path is None and sys.stdout.isatty() and not show:
        raise Failure("This would show values on the terminal. Redirect stdout, or use --output or --show.", Exit.USAGE)
    with granted(client, selection) as grant:
        file = project_file()
        refuse_unsafe(file.variables_of(grant.names).values(), allowed)
        report_omitted(grant.omitted)
        fetched = fetch(client, grant).values
        variables = file.variables_of(fetched)
        refuse_unsafe(variables.values(), allowed)
    values = {variables[name]: value for name, value in fetched.items()}
    content = _formatted(values, dialect).encode()
    if path is None:
        sys.stdout.buffer.write(content)
    else:
        _replace(Path(path), content)


def _formatted(values: dict[str, str], dialect: str) -> str:
    from neo_cli.dialects import Inexpressible, write

    try:
        return write(dict(sorted(values.items())), dialect)
    except Inexpressible as refused:
        raise Failure(str(refused), Exit.DATA) from None


def _replace(path: Path, content: bytes) -> None:
    if path.exists() and not path.is_file():
        # For root, the new file would take the place of a device.
        raise Failure(f"{path} is no file. Choose another path for --output, or redirect stdout.", Exit.CANNOT_WRITE)
    try:
        replace_file(path, content)
    except OSError as error:
        raise Failure(
            f"The file cannot be written: {error.strerror}. Choose another path for --output.", Exit.CANNOT_WRITE
        ) from None
