"""The commands `neo secrets set` and `edit`: the value of a secret, and what else can be set about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from neo_cli.exits import Exit, Failure
from neo_cli.generating import generating_options
from neo_cli.lookups import project_id_of, secret_named
from neo_cli.options import (
    Command,
    connected,
    default_option,
    expires_option,
    json_option,
    project_option,
    secret_argument,
)
from neo_cli.problems import Refusal
from neo_cli.text import print_result
from neo_cli.values import read_value

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

ON_ARGV = (
    "Do not put a value on the command line: other processes and the shell's history can read it. "
    "Leave it out to be asked for it, or use --file PATH or --stdin. If the value was real, replace it at its issuer."
)
redact_option = click.option(
    "--redact/--no-redact", "is_redacted", default=None, help="Hide the value in tasks' output, or leave it readable."
)
description_option = click.option(
    "--description", metavar="TEXT", help="What the secret is for, at most 500 characters."
)


@click.command(
    "set",
    cls=Command,
    examples=[
        "neo secrets set GITHUB_TOKEN --default --expires-at 90d",
        "neo secrets set DB_PASSWORD --project Robots --generate --length 40",
    ],
)
@secret_argument
@click.argument("on_argv", nargs=-1, metavar="")
@project_option
@click.option("--file", "path", metavar="PATH", help="Read the value from a file.")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the value from stdin.")
@generating_options
@click.option("--exact", "is_exact", is_flag=True, help="Keep the line break at the end of a one-line value.")
@default_option
@redact_option
@description_option
@expires_option
@json_option
@connected
def set_secret(
    client: Client,
    name: str,
    on_argv: tuple[str, ...],
    project: str | None,
    path: str | None,
    from_stdin: bool,
    generated: str | None,
    is_exact: bool,
    as_json: bool,
    **details: Any,
) -> None:
    """Store a value, as a new version if the secret exists.

    Asks for the value, reads it from --file or --stdin, or makes one with --generate
    that nobody sees.
    """
    if on_argv or "=" in name:
        raise click.UsageError(ON_ARGV)
    if sum((path is not None, from_stdin, generated is not None)) > 1:
        raise click.UsageError("--file, --stdin and --generate exclude each other. Choose one.")
    project_id = project_id_of(client, project)
    value = generated or read_value(name, path=path, from_stdin=from_stdin, is_exact=is_exact)
    secret = store(client, name, value, project_id, **details)
    print_result(as_json, secret, f"{name} is set: {secret['masked_value']}, version {secret['version']}.")


@click.command(
    "edit",
    cls=Command,
    examples=[
        "neo secrets edit GITHUB_TOKEN --no-default",
        'neo secrets edit DB_URL --project Robots --description "Read-only replica"',
    ],
)
@secret_argument
@project_option
@default_option
@redact_option
@description_option
@expires_option
@click.option("--no-expiry", is_flag=True, help="Let the secret never expire.")
@json_option
@connected
def edit_secret(client: Client, name: str, project: str | None, no_expiry: bool, as_json: bool, **details: Any) -> None:
    """Change what is set about a secret, and leave its value as it is."""
    if no_expiry and details["expires_at"]:
        raise click.UsageError("--expires-at and --no-expiry exclude each other. Choose one.")
    changes = _given(**details) | ({"expires_at": None} if no_expiry else {})
    if not changes:
        raise click.UsageError("Nothing to change. Give at least one option, such as --description.")
    secret = secret_named(client, name, project_id_of(client, project))
    print_result(as_json, client.patch(f"secrets/{secret['id']}", changes), f"{name} is changed.")


def store(client: Client, name: str, value: str, project_id: str | None, **details: Any) -> Json:
    """Create the secret, or replace its value if the name is taken; return the secret in the form of the API."""
    body = {"name": name, "value": value, "project_id": project_id, **_given(**details)}
    try:
        secret: Json = client.make("secrets/set", body)
    except Refusal as refusal:
        if refusal.status == 405:
            raise Failure(
                f"{client.url} cannot set a secret in one request: it is older than this command. Ask its operator to "
                "upgrade it.",
                Exit.PROTOCOL,
            ) from None
        raise
    return secret


def _given(
    *,
    is_default: bool | None = None,
    is_redacted: bool | None = None,
    description: str | None = None,
    expires_at: str | None = None,
) -> Json:
    """Return the options that were given, in the form of the API."""
    details = {
        "default_available": is_default,
        "is_exempt_from_redaction": None if is_redacted is None else not is_redacted,
        "description": description,
        "expires_at": expires_at,
    }
    return {key: detail for key, detail in details.items() if detail is not None}
