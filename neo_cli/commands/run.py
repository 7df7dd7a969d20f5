"""The command `neo run`: another command, with secrets in its environment and none in its output."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from neo_cli.completion import secret_names
from neo_cli.exits import Exit, Failure
from neo_cli.grants import (
    PERSONAL,
    Environment,
    Selection,
    TaskGrant,
    fetch,
    granted,
    report_omitted,
    selection_options,
)
from neo_cli.options import Command, connected
from neo_cli.project_file import project_file
from neo_cli.running.environments import as_bytes, inherited, require_executable
from neo_cli.text import note
from neo_cli.token_sources import TOKEN_VARIABLE
from neo_cli.unsafe_names import refuse_unsafe

if TYPE_CHECKING:
    from neo_cli.client import Client


def _with_those_of_the_file(
    context: click.Context, parameter: click.Parameter, names: tuple[str, ...]
) -> tuple[str, ...]:
    return (*names, *project_file().allow_names)


def _with_command(context: click.Context, parameter: click.Parameter, command: tuple[str, ...]) -> tuple[str, ...]:
    if not command:
        raise click.UsageError("Give the command to run after --, such as: neo run -- npm start", context)
    return command


allow_name_option = click.option(
    "--allow-name",
    "allowed",
    multiple=True,
    callback=_with_those_of_the_file,
    metavar="NAME",
    help="Allow this name, which changes how programs run.",
)


@click.command(
    cls=Command,
    context_settings={"allow_interspersed_args": False},
    examples=["neo run -- npm start", "neo run --project Robots --secret DEPLOY_KEY -- make deploy"],
)
@selection_options
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="NAME",
    shell_complete=secret_names,
    help="Put the value into a file; the variable is its path.",
)
@click.option("--inherit", multiple=True, metavar="NAME", help="Pass on this variable of yours. * stands for any text.")
@allow_name_option
@click.argument("command", nargs=-1, metavar="COMMAND...", type=click.UNPROCESSED, callback=_with_command)
@connected
def run(
    client: Client,
    selection: Selection,
    files: tuple[str, ...],
    inherit: tuple[str, ...],
    allowed: tuple[str, ...],
    command: tuple[str, ...],
) -> int:
    """Run a command with secrets in its environment.

    In the command's output, each value is replaced by a reference such as {{$NAME}},
    unless its secret is exempt from redaction.

    Exits with COMMAND's exit status. Put `--` before COMMAND.
    """
    environment = inherited(os.environ, inherit)
    require_executable(command[0], environment)
    from neo_cli.running.concealment import conceal_from_proc
    from neo_cli.running.files import remove_stale_files

    conceal_from_proc(TOKEN_VARIABLE)
    remove_stale_files()
    with granted(client, selection.with_secrets(files)) as grant:
        file = project_file()
        refuse_unsafe(file.variables_of(grant.names).values(), allowed)
        as_files = {name.removeprefix(PERSONAL) for name in files}
        _require_granted(as_files, grant)
        report_omitted(grant.omitted)
        fetched = fetch(client, grant)
        variables = file.variables_of(fetched.values)
        refuse_unsafe(variables.values(), allowed)
        return _run(command, environment, fetched, as_files, variables)


def _run(
    command: tuple[str, ...],
    environment: Mapping[str, str],
    fetched: Environment,
    as_files: set[str],
    variables: Mapping[str, str],
) -> int:
    from neo_cli.running.files import secret_files
    from neo_cli.running.process import run_command
    from secrets_app.redaction import Redactor, is_maskable

    values = fetched.values
    redacted = {name: value for name, value in values.items() if name not in fetched.exempt}
    short = sorted(name for name, value in redacted.items() if not is_maskable(value))
    if short:
        note(f"Too short to be redacted in the output: {', '.join(short)}")
    plain = {name: value for name, value in values.items() if name not in as_files}
    redactor = Redactor(redacted, encodings=(locale.getencoding(), "iso8859-1"))
    with secret_files({name: values[name] for name in sorted(as_files)}) as paths:
        given = {variables[name]: text for name, text in (plain | paths).items()}
        return run_command(command, as_bytes(environment, given), redactor)


def _require_granted(names: set[str], grant: TaskGrant) -> None:
    missing = sorted(names.difference(grant.names))
    if missing:
        report_omitted(grant.omitted)
        listed = ", ".join(missing)
        raise Failure(f"No value for --file {listed}. Run `neo explain` with --secret for the reason.", Exit.DATA)
