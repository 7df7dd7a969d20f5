"""The commands `neo secrets …`: stored secrets, shown as masks and never as values."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from neo_cli.commands.importing import import_secrets
from neo_cli.lookups import owner_query, project_id_of, secret_named
from neo_cli.options import Group, connected, default_option, json_option, project_option
from neo_cli.problems import Refusal
from neo_cli.prompts import require_terminal
from neo_cli.text import print_json, print_table, printable
from neo_cli.values import read_value

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

ON_ARGV = (
    "Do not put a value on the command line: other processes and the shell's history can read it. "
    "Leave it out to be asked for it, or use --file PATH or --stdin. If the value was real, replace it at its issuer."
)

READING = {"get", "show", "read", "reveal", "view", "cat"}


class SecretsGroup(Group):
    """The group, which tells whoever wants to read a value where it went. Click would suggest to set it instead."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in READING:
            ctx.fail(
                f"There is no command {args[0]!r}: a stored value is never shown again. Use `neo run` to give it to a "
                "command, or `neo env` to write it to a file."
            )
        return super().resolve_command(ctx, args)


@click.group(cls=SecretsGroup)
def secrets() -> None:
    """List, set, import, promote and delete secrets."""


@secrets.command("list")
@project_option
@json_option
@connected
def list_secrets(client: Client, project: str | None, as_json: bool) -> None:
    """List secrets, with masks in place of values."""
    rows = list(client.list_all("secrets", **owner_query(project_id_of(client, project))))
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
@click.option("--exact", "is_exact", is_flag=True, help="Keep the line break at the end of a one-line value.")
@default_option
@click.option(
    "--redact/--no-redact", "is_redacted", default=None, help="Hide the value in tasks' output, or leave it readable."
)
@click.option("--description", metavar="TEXT", help="What the secret is for, at most 500 characters.")
@click.option("--expires-at", metavar="TIME", help="When tasks stop getting it, such as 2030-01-31T12:00:00Z.")
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
    """Store a value, as a new version if the secret exists.

    Asks for the value, or reads it from --file or --stdin.
    """
    if on_argv or "=" in name:
        raise click.UsageError(ON_ARGV)
    if path is not None and from_stdin:
        raise click.UsageError("--file and --stdin exclude each other. Choose one.")
    project_id = project_id_of(client, project)
    value = read_value(name, path=path, from_stdin=from_stdin, is_exact=is_exact)
    secret = store(client, name, value, project_id, **details)
    if as_json:
        print_json(secret)
    else:
        click.echo(f"{name} is set: {printable(secret['masked_value'])}, version {secret['version']}.")


secrets.add_command(import_secrets)


@secrets.command("promote")
@click.argument("name")
@project_option
@connected
def promote_secret(client: Client, name: str, project: str | None) -> None:
    """Take a secret out of quarantine, so that tasks can get it.

    Secrets that an agent made are in quarantine until a person promotes them, and a
    project's secrets whose names change how programs run until an admin does.
    """
    secret = secret_named(client, name, project_id_of(client, project))
    client.post(f"secrets/{secret['id']}/promote")
    click.echo(f"{name} is promoted.")


@secrets.command("delete")
@click.argument("name")
@project_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")
@connected
def delete_secret(client: Client, name: str, project: str | None, yes: bool) -> None:
    """Delete a secret with all its versions, permanently."""
    secret = secret_named(client, name, project_id_of(client, project))
    if not yes:
        require_terminal("Confirm with --yes.")
        click.confirm(f"Delete {name} and all its versions permanently?", abort=True, err=True)
    client.delete(f"secrets/{secret['id']}")
    click.echo(f"{name} is deleted.")


def store(
    client: Client,
    name: str,
    value: str,
    project_id: str | None,
    *,
    is_default: bool | None = None,
    is_redacted: bool | None = None,
    description: str | None = None,
    expires_at: str | None = None,
) -> Json:
    """Create the secret, or replace its value if the name is taken; return the secret in the form of the API."""
    details = {
        "default_available": is_default,
        "is_exempt_from_redaction": None if is_redacted is None else not is_redacted,
        "description": description,
        "expires_at": expires_at,
    }
    optional = {key: detail for key, detail in details.items() if detail is not None}
    try:
        created = client.make(
            "secrets", {"name": name, "value": value, "project_id": project_id, "default_available": bool(is_default)}
        )
    except Refusal as refusal:
        if refusal.problem_code != "name_taken":
            raise
        taken = secret_named(client, name, project_id)
        replaced: Json = client.patch(f"secrets/{taken['id']}", {"value": value, **optional})
        return replaced
    path = f"secrets/{created['id']}"
    secret: Json = client.patch(path, optional) if optional.keys() - {"default_available"} else client.get(path)
    return secret


def _row(secret: Json) -> tuple[str, ...]:
    notes = {
        "cannot be opened": not secret["is_readable"],
        "in quarantine": secret.get("is_quarantined", False),
        "made by an agent": secret["created_by_agent"],
        "not redacted in output": secret.get("is_exempt_from_redaction", False),
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
    """Return an RFC 3339 time to the minute, in local time."""
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M") if time else ""
