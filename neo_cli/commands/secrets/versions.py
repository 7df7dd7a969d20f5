"""The commands `neo secrets versions` and `restore`: former values, as masks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from neo_cli.exits import Exit, Failure
from neo_cli.lookups import project_id_of, secret_named
from neo_cli.options import Command, connected, json_option, project_option, secret_argument
from neo_cli.problems import Refusal
from neo_cli.text import print_json, print_result, print_table
from neo_cli.times import short

if TYPE_CHECKING:
    from neo_cli.client import Client, Json


@click.command(
    "versions",
    cls=Command,
    examples=["neo secrets versions GITHUB_TOKEN", "neo secrets versions DB_URL --project Robots --json"],
)
@secret_argument
@project_option
@json_option
@connected
def list_versions(client: Client, name: str, project: str | None, as_json: bool) -> None:
    """List the kept versions of a secret, newest first, as masks."""
    rows = _versions(client, secret_named(client, name, project_id_of(client, project)))
    if as_json:
        print_json(rows)
    else:
        print_table(("VERSION", "VALUE", "SET", "NOTES"), map(_row, rows))


@click.command(
    "restore",
    cls=Command,
    examples=["neo secrets restore GITHUB_TOKEN", "neo secrets restore DB_URL 3 --project Robots"],
)
@secret_argument
@click.argument("version", type=click.IntRange(min=1), required=False)
@project_option
@json_option
@connected
def restore_version(client: Client, name: str, version: int | None, project: str | None, as_json: bool) -> None:
    """Make a former value the current one, as a new version.

    VERSION is a number from `neo secrets versions`. Default: the one before the
    current one.
    """
    secret = secret_named(client, name, project_id_of(client, project))
    number = version or _version_before(client, secret)
    try:
        restored = client.post(f"secrets/{secret['id']}/versions/{number}/restore")
    except Refusal as refusal:
        if refusal.code != Exit.NOT_FOUND:
            raise
        raise Failure(
            f"{name} has no version {number}. Run `neo secrets versions {name}` for the numbers.",
            Exit.NOT_FOUND,
        ) from None
    sentence = f"Version {number} of {name} is restored: {restored['masked_value']}, version {restored['version']}."
    print_result(as_json, restored, sentence)


def _versions(client: Client, secret: Json) -> list[Json]:
    return list(client.list_all(f"secrets/{secret['id']}/versions"))


def _version_before(client: Client, secret: Json) -> int:
    former = [row["version"] for row in _versions(client, secret) if not row["is_current"]]
    if not former:
        raise Failure("The secret has no former version, so there is nothing to restore.", Exit.NOT_FOUND)
    return int(former[0])


def _row(version: Json) -> tuple[str, ...]:
    notes = {"current": version["is_current"], "cannot be opened": not version["is_readable"]}
    return (
        str(version["version"]),
        version["masked_value"],
        short(version["created_at"]),
        "; ".join(text for text, holds in notes.items() if holds),
    )
