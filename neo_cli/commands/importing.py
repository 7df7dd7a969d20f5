"""The command `neo secrets import`: a dotenv file's values as secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import click

from neo_cli import dotenv_files
from neo_cli.exits import Exit, Failure
from neo_cli.lookups import project_id_of, secrets_of
from neo_cli.options import Command, connected, default_option, json_option, project_option
from neo_cli.text import print_json, printable
from neo_cli.values import read_file, text_of

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

# The server stores at most this many secrets in one request, all or none of them.
BATCH_SIZE = 50
MAX_FILE_BYTES = 2**23
REFUSE, RENAME, SKIP, REPLACE = "refuse", "rename", "skip", "replace"


@dataclass
class Imported:
    """Result of an import by name in the file; `created` maps each to the name that the secret got."""

    created: dict[str, str] = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


@click.command("import", cls=Command)
@click.argument("path", metavar="FILE")
@project_option
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
    on_conflict: str,
    sanitize_names: bool,
    is_default: bool | None,
    as_json: bool,
) -> None:
    """Store every assignment of a dotenv file.

    FILE is a path, or - for stdin. Assignments without a value are skipped.
    """
    if sanitize_names and on_conflict not in (REFUSE, RENAME):
        raise click.UsageError("--sanitize-names works with --on-conflict refuse or rename only. Choose one of these.")
    assignments = dotenv_files.parse(text_of(read_file(path, MAX_FILE_BYTES)))
    values = {name: value for name, value in assignments.items() if value}
    project_id = project_id_of(client, project)
    form = {"project_id": project_id, "default_available": bool(is_default)}
    if sanitize_names or on_conflict == RENAME:
        result = Imported(_create(client, values, form, on_conflict=on_conflict, sanitize_names=sanitize_names))
    else:
        result = _import_known_names(client, values, form, secrets_of(client, project_id), on_conflict)
    result.skipped += [name for name in assignments if name not in values]
    _print(result, as_json)


def _import_known_names(
    client: Client, values: dict[str, str], form: Json, taken: dict[str, Json], on_conflict: str
) -> Imported:
    """Import names that stay as they are, so that conflicts are found before anything is changed."""
    conflicts = [name for name in values if name in taken]
    if on_conflict == REFUSE and conflicts:
        raise Failure(
            f"Nothing was imported, because these names are taken: {', '.join(conflicts)}. Choose --on-conflict skip, "
            "replace or rename.",
            Exit.DATA,
        )
    result = Imported(_create(client, {name: values[name] for name in values if name not in taken}, form))
    if on_conflict == SKIP:
        result.skipped += conflicts
    else:
        for name in conflicts:
            client.patch(f"secrets/{taken[name]['id']}", {"value": values[name]})
            result.replaced.append(name)
    return result


def _create(
    client: Client, values: dict[str, str], form: Json, *, on_conflict: str = REFUSE, sanitize_names: bool = False
) -> dict[str, str]:
    """Create secrets in batches; return the name of each secret by its name in the file."""
    if not sanitize_names and (invalid := dotenv_files.invalid_names(values)):
        raise Failure(
            f"Secrets cannot have these names: {printable(', '.join(invalid))}. Nothing was imported. Use "
            "--sanitize-names to convert them.",
            Exit.DATA,
        )
    created: dict[str, str] = {}
    for batch in batched(values, BATCH_SIZE):
        items = [{"name": name, "value": values[name], **form} for name in batch]
        body = {"secrets": items, "on_conflict": on_conflict, "sanitize_names": sanitize_names}
        try:
            answer = client.post("secrets/batch", body)
        except Failure as failure:
            done = f" The first {len(created)} were imported." if created else " Nothing was imported."
            raise Failure(failure.message + done, failure.code) from None
        created |= {name: secret["name"] for name, secret in zip(batch, answer["results"], strict=True)}
    return created


def batched(names: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield the names in lists of at most `size`."""
    rest = iter(names)
    while batch := list(islice(rest, size)):
        yield batch


def _print(result: Imported, as_json: bool) -> None:
    if as_json:
        print_json(asdict(result))
        return
    click.echo(f"{len(result.created)} imported, {len(result.replaced)} replaced, {len(result.skipped)} skipped.")
    renamed = [f"{before} to {after}" for before, after in result.created.items() if before != after]
    for heading, names in (("Renamed", renamed), ("Replaced", result.replaced), ("Skipped", result.skipped)):
        if names:
            click.echo(f"{heading}: {printable(', '.join(names))}")
