"""The command `neo secrets import`: the variables of a file as secrets, all of them or none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import click

from neo_cli.exits import Exit, Failure
from neo_cli.imports import dotenv_files
from neo_cli.imports.sources import SOURCES
from neo_cli.imports.variables import Variable, listed, refused, without_repetitions
from neo_cli.lookups import NAME, owner_query, project_id_of, secrets_of
from neo_cli.options import Command, connected, default_option, json_option, project_option
from neo_cli.problems import Refusal
from neo_cli.progress import waiting
from neo_cli.text import note, print_json
from neo_cli.values import BYTE_ORDER_MARK, read_file, text_of_file

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

# A little less than the server's limit of 8 MiB, since JSON adds quotes and escapes.
MAX_FILE_BYTES = 7 * 2**20
# The server stores everything in one transaction; replacing a thousand secrets takes some seconds.
IMPORT_SECONDS = 300
REFUSE, RENAME, SKIP, REPLACE = "refuse", "rename", "skip", "replace"
DOTENV = "dotenv"


@dataclass
class Imported:
    """Result of an import by name in the file; `created` maps each to the name that the secret got."""

    created: dict[str, str] = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


@click.command(
    "import",
    cls=Command,
    examples=[
        "neo secrets import .env --default",
        "neo secrets import vault.json --from vault --project Robots",
    ],
)
@click.argument("path", metavar="FILE")
@project_option
@click.option(
    "--from",
    "source",
    type=click.Choice([DOTENV, *SOURCES]),
    default=DOTENV,
    show_default=True,
    metavar="SOURCE",
    help="What FILE is: dotenv, json, yaml, or an export of infisical, doppler, vault, 1password or aws.",
)
@click.option(
    "--reader",
    type=click.Choice(dotenv_files.READERS),
    default=dotenv_files.PYTHON,
    show_default=True,
    metavar="READER",
    help="How a dotenv file is read: as python-dotenv or node does, or literal, without expanding ${…}.",
)
@click.option("--last-wins", is_flag=True, help="If the file assigns a name twice, let the last one count.")
@click.option(
    "--on-conflict",
    type=click.Choice([REFUSE, RENAME, SKIP, REPLACE]),
    default=REFUSE,
    show_default=True,
    metavar="ACTION",
    help="If a name is taken: refuse, rename (adds _2, _3 and so on), skip or replace.",
)
@click.option("--sanitize-names", is_flag=True, help="Convert names such as dbPassword to DB_PASSWORD.")
@default_option
@json_option
@connected
def import_secrets(
    client: Client,
    path: str,
    project: str | None,
    source: str,
    reader: str,
    last_wins: bool,
    on_conflict: str,
    sanitize_names: bool,
    is_default: bool | None,
    as_json: bool,
) -> None:
    """Store every variable of a file, or none.

    FILE is a path, or - for stdin. Variables without a value are skipped.
    """
    if sanitize_names and on_conflict not in (REFUSE, RENAME):
        raise click.UsageError("--sanitize-names works with --on-conflict refuse or rename only. Choose one of these.")
    if source != DOTENV and reader != dotenv_files.PYTHON:
        raise click.UsageError("--reader is for dotenv files only. Leave it out.")
    text = text_of_file(read_file(path, MAX_FILE_BYTES))
    found = dotenv_files.read(text, reader) if source == DOTENV else SOURCES[source](text)
    variables = without_repetitions(found, last_wins=last_wins)
    stored = [variable for variable in variables if variable.value]
    _check(stored, sanitize_names=sanitize_names)
    project_id = project_id_of(client, project)
    form = {"project_id": project_id, "default_available": bool(is_default)}
    form |= {"on_conflict": on_conflict, "sanitize_names": sanitize_names}
    result = _store(client, stored, form) if stored else Imported()
    empty = [variable.name for variable in variables if not variable.value]
    if as_json:
        print_json(asdict(result) | {"skipped": result.skipped + empty})
    else:
        _print(result, empty)


def _check(variables: Sequence[Variable], *, sanitize_names: bool) -> None:
    marked = [variable for variable in variables if variable.value.startswith(BYTE_ORDER_MARK)]
    if marked:
        note(f"These values begin with a byte order mark, which is invisible: {listed(marked)}.")
    invalid = [variable for variable in variables if not NAME.fullmatch(variable.name)]
    if invalid and not sanitize_names:
        raise refused(
            f"Secrets cannot have these names: {listed(invalid)}. Use --sanitize-names to convert them; programs then "
            "get the new names."
        )


def _store(client: Client, variables: Sequence[Variable], form: Json) -> Imported:
    """Send all variables in one request, which stores all of them or none."""
    body = {"secrets": [{"name": each.name, "value": each.value} for each in variables], **form}
    try:
        with waiting(f"Storing {len(variables):,} secrets"):
            answer = client.post("secrets/import", body, seconds=IMPORT_SECONDS)
    except Refusal as refusal:
        raise _explained(client, variables, form, refusal) from None
    result = Imported()
    for variable, each in zip(variables, answer["results"], strict=True):
        if each["outcome"] == "created":
            result.created[variable.name] = each["name"]
        else:
            (result.replaced if each["outcome"] == "replaced" else result.skipped).append(variable.name)
    return result


def _explained(client: Client, variables: Sequence[Variable], form: Json, refusal: Refusal) -> Failure:
    """Return the refusal in words of the file: which variables, and on which lines."""
    if refusal.status in (404, 405):
        return Failure(
            f"{client.url} cannot import: it is older than this command. Ask its operator to upgrade it.", Exit.PROTOCOL
        )
    if refusal.problem_code in ("name_taken", "scope_full") and form["on_conflict"] == REFUSE:
        taken = secrets_of(client, form["project_id"])
        conflicts = [variable for variable in variables if variable.name in taken]
        if conflicts:
            return Failure(
                f"Nothing was imported, because these names are taken: {listed(conflicts)}. Choose --on-conflict skip, "
                "replace or rename.",
                Exit.DATA,
            )
    if refusal.problem_code == "scope_full":
        there = client.get("secrets", limit=1, **owner_query(form["project_id"]))["count"]
        return refused(f"The file has {len(variables):,} values, and there are {there:,} secrets. {refusal.message}")
    about = [_named(variables, path, messages) for path, messages in refusal.errors.items()]
    text = f"{listed(about)} ({refusal.problem_code})." if about else refusal.message
    return Failure(f"{text} Nothing was imported.", refusal.code)


def _named(variables: Sequence[Variable], path: str, messages: Sequence[str]) -> str:
    """Return the messages about one field, such as `secrets.3.value`, with the variable and its line."""
    match = re.fullmatch(r"secrets\.(\d+)(?:\..*)?", path)
    what = variables[int(match[1])] if match and int(match[1]) < len(variables) else path
    return f"{what}: {' '.join(messages)}"


def _print(result: Imported, empty: Sequence[str]) -> None:
    skipped = len(result.skipped) + len(empty)
    click.echo(f"{len(result.created)} imported, {len(result.replaced)} replaced, {skipped} skipped.")
    told = {
        "Renamed": [f"{before} to {after}" for before, after in result.created.items() if before != after],
        "Replaced": result.replaced,
        "Skipped, because the name is taken": result.skipped,
        "Skipped, because there is no value": empty,
    }
    for heading, names in told.items():
        if names:
            click.echo(f"{heading}: {listed(names)}")
