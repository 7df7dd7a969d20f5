"""`neo secrets …`: what is stored, without ever showing a value."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from neo_cli.commands.importing import import_secrets
from neo_cli.lookups import project_id_of, scope_of, secret_named
from neo_cli.options import Group, connected, default_option, json_option, project_option
from neo_cli.problems import Refusal
from neo_cli.prompts import require_terminal
from neo_cli.text import print_json, print_table, printable
from neo_cli.values import read_value

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

ON_ARGV = (
    "A value is not taken from the command line, where other processes and the shell's history see it. "
    "Leave it out to be asked for it, or use --file PATH or --stdin. If it was a real one, replace it at its issuer."
)


@click.group(cls=Group)
def secrets() -> None:
    """List, set, delete, import and promote secrets."""


@secrets.command("list")
@project_option
@json_option
@connected
def list_secrets(client: Client, project: str | None, as_json: bool) -> None:
    """List the secrets of a scope, masked."""
    rows = list(client.listed("secrets", **scope_of(project_id_of(client, project))))
    if as_json:
        print_json(rows)
    else:
        print_table(("NAME", "VALUE", "DEFAULT", "VERSION", "UPDATED", "NOTES"), map(_row, rows))


@secrets.command("set")
@click.argument("name")
@click.argument("on_argv", nargs=-1, metavar="")
@project_option
@click.option("--file", "path", metavar="PATH", help="Read the value from a file.")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the value from stdin.")
@click.option("--exact", "is_exact", is_flag=True, help="Keep a line break at the end of a single line.")
@default_option
@click.option("--description", metavar="TEXT", help="What it is for, at most 500 characters.")
@click.option("--expires-at", metavar="TIME", help="When it stops being given to tasks, as 2030-01-31T12:00:00Z.")
@json_option
@connected
def set_secret(
    client: Client,
    name: str,
    on_argv: tuple[str, ...],
    project: str | None,
    path: str | None,
    from_stdin: bool,
    is_exact: bool,
    as_json: bool,
    **details: Any,
) -> None:
    """Store a value under NAME, as a new version where the name is taken.

    Asks for the value, or reads it with --file or --stdin.
    """
    if on_argv or "=" in name:
        raise click.UsageError(ON_ARGV)
    if path is not None and from_stdin:
        raise click.UsageError("--file and --stdin both give the value. Choose one.")
    project_id = project_id_of(client, project)
    value = read_value(name, path=path, from_stdin=from_stdin, is_exact=is_exact)
    secret = store(client, name, value, project_id, **details)
    if as_json:
        print_json(secret)
    else:
        click.echo(f"{name} is set: {printable(secret['masked_value'])}, version {secret['version']}.")


@secrets.command("delete")
@click.argument("name")
@project_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@connected
def delete_secret(client: Client, name: str, project: str | None, yes: bool) -> None:
    """Delete a secret with all its versions, at once and for good."""
    secret = secret_named(client, name, project_id_of(client, project))
    if not yes:
        require_terminal("confirm with --yes.")
        click.confirm(f"Delete {name} with its {secret['version']} version(s)?", abort=True, err=True)
    client.delete(f"secrets/{secret['id']}")
    click.echo(f"{name} is deleted.")


@secrets.command("promote")
@click.argument("name")
@project_option
@connected
def promote_secret(client: Client, name: str, project: str | None) -> None:
    """Take a secret that an agent made out of quarantine, so that other tasks can have it."""
    secret = secret_named(client, name, project_id_of(client, project))
    client.post(f"secrets/{secret['id']}/promote")
    click.echo(f"{name} is promoted.")


secrets.add_command(import_secrets)


def store(
    client: Client,
    name: str,
    value: str,
    project_id: str | None,
    *,
    is_default: bool | None = None,
    description: str | None = None,
    expires_at: str | None = None,
) -> Json:
    """Create the secret, or replace its value; the full secret as the server answers it."""
    details = {"default_available": is_default, "description": description, "expires_at": expires_at}
    later = {key: detail for key, detail in details.items() if detail is not None}
    try:
        created = client.post(
            "secrets", {"name": name, "value": value, "project_id": project_id, "default_available": bool(is_default)}
        )
    except Refusal as refusal:
        if refusal.problem != "name_taken":
            raise
        taken = secret_named(client, name, project_id)
        replaced: Json = client.patch(f"secrets/{taken['id']}", {"value": value, **later})
        return replaced
    address = f"secrets/{created['id']}"
    whole: Json = client.patch(address, later) if later.keys() - {"default_available"} else client.get(address)
    return whole


def _row(secret: Json) -> tuple[str, ...]:
    notes = {
        "cannot be opened": not secret["is_readable"],
        "in quarantine": secret.get("is_quarantined", False),
        "made by an agent": secret["created_by_agent"],
        f"expires {_short(secret['expires_at'])}": secret["expires_at"] is not None,
        secret["description"]: bool(secret["description"]),
    }
    return (
        secret["name"],
        secret["masked_value"],
        "yes" if secret["default_available"] else "no",
        str(secret["version"]),
        _short(secret["updated_at"]),
        "; ".join(text for text, holds in notes.items() if holds),
    )


def _short(time: str | None) -> str:
    """An RFC 3339 time to the minute, where the reader is."""
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M") if time else ""
