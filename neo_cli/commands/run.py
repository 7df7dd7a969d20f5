"""`neo run`: a command with secrets in its environment and none in its output."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from neo_cli.authorities import TOKEN_VARIABLE
from neo_cli.exits import Exit, Failure
from neo_cli.grants import PERSONAL, Grant, Selection, fetch, granted, selects, tell_omitted
from neo_cli.options import Command, connected
from neo_cli.running.environments import inherited, require_executable
from neo_cli.text import note
from neo_cli.unsafe_names import refuse_unsafe

if TYPE_CHECKING:
    from neo_cli.client import Client

allow_name_option = click.option(
    "--allow-name", "allowed", multiple=True, metavar="NAME", help="Take a name that changes how programs run."
)


@click.command(cls=Command, context_settings={"allow_interspersed_args": False})
@selects
@click.option("--file", "files", multiple=True, metavar="NAME", help="Give the path of a private file with the value.")
@click.option("--inherit", multiple=True, metavar="NAME", help="Pass on a variable of yours; * for any letters.")
@allow_name_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@connected
def run(
    client: Client,
    selection: Selection,
    files: tuple[str, ...],
    inherit: tuple[str, ...],
    allowed: tuple[str, ...],
    command: tuple[str, ...],
) -> int:
    """Run COMMAND with secrets as environment variables, and hide their values in what it prints.

    Ends with the code of COMMAND. Write -- before it.
    """
    environment = inherited(os.environ, inherit)
    require_executable(command[0], environment)
    from neo_cli.running.concealment import conceal

    conceal(TOKEN_VARIABLE)
    with granted(client, selection.with_secrets(files)) as grant:
        refuse_unsafe(grant.names, allowed)
        as_files = {name.removeprefix(PERSONAL) for name in files}
        _require_granted(as_files, grant)
        tell_omitted(grant.omitted)
        values = fetch(client, grant)
        refuse_unsafe(values, allowed)
        return _run(command, environment, values, as_files)


def _run(
    command: tuple[str, ...], environment: Mapping[str, str], values: Mapping[str, str], as_files: set[str]
) -> int:
    from neo_cli.running.commands import run_command
    from neo_cli.running.files import delivered
    from secrets_app.redaction import Redactor, is_maskable

    short = sorted(name for name, value in values.items() if not is_maskable(value))
    if short:
        note(f"Too short to be hidden in the output: {', '.join(short)}")
    plain = {name: value for name, value in values.items() if name not in as_files}
    with delivered({name: values[name] for name in sorted(as_files)}) as paths:
        return run_command(command, {**environment, **plain, **paths}, Redactor(values))


def _require_granted(names: set[str], grant: Grant) -> None:
    missing = sorted(names.difference(grant.names))
    if missing:
        tell_omitted(grant.omitted)
        raise Failure(f"There is nothing to put into a file for {', '.join(missing)}.", Exit.DATA)
