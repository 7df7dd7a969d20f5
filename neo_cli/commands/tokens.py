"""The commands `neo tokens …`: service tokens, the credentials of machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from neo_cli.completion import token_names
from neo_cli.exits import Exit, Failure
from neo_cli.lookups import project_id_of
from neo_cli.options import Group, connected, expires_option, json_option, project_option, yes_option
from neo_cli.problems import Refusal
from neo_cli.prompts import confirm
from neo_cli.text import note, print_json, print_result, print_table
from neo_cli.times import short

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

SCOPES = ("secrets:read", "secrets:write", "projects:read", "projects:write", "runtime:use")


@click.group(cls=Group)
def tokens() -> None:
    """Create, list and revoke tokens for machines, such as CI."""


@tokens.command(
    "create",
    examples=[
        "neo tokens create CI --project Robots --scope runtime:use",
        "neo tokens create backup --scope secrets:read --expires-at 30d --json",
    ],
)
@click.argument("name")
@project_option
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    metavar="SCOPE",
    help="What it may do; can be repeated: secrets:read, secrets:write, projects:read, projects:write, runtime:use.",
)
@expires_option
@json_option
@connected
def create_token(
    client: Client, name: str, project: str | None, scopes: tuple[str, ...], expires_at: str | None, as_json: bool
) -> None:
    """Create a token for a machine, and print it, this once.

    With --project it reaches that project only. Give `neo run` the scope runtime:use.
    """
    body = {"name": name, "scopes": list(scopes), "project_id": project_id_of(client, project)}
    made = _made(client, body | ({"expires_at": expires_at} if expires_at else {}))
    if as_json:
        print_json(made)
        return
    until = f"until {short(made['expires_at'])}" if made["expires_at"] else "until it is revoked"
    note(f"This is the only time that the token is shown. It is valid {until}.")
    click.echo(made["token"])


@tokens.command("list", examples=["neo tokens list", "neo tokens list --json"])
@json_option
@connected
def list_tokens(client: Client, as_json: bool) -> None:
    """List your tokens that are valid, newest first."""
    rows = list(client.list_all("tokens"))
    if as_json:
        print_json(rows)
    else:
        print_table(("NAME", "TOKEN", "SCOPES", "PROJECT", "EXPIRES", "LAST USED", "ID"), map(_row, rows))


@tokens.command("revoke", examples=["neo tokens revoke CI", "neo tokens revoke CI --yes --json"])
@click.argument("token", metavar="NAME", shell_complete=token_names)
@yes_option
@json_option
@connected
def revoke_token(client: Client, token: str, is_confirmed: bool, as_json: bool) -> None:
    """Revoke a token, at once and for good.

    NAME is its name or its id. Task grants that it made end with it.
    """
    found = [each for each in client.list_all("tokens") if token in (each["name"], each["id"])]
    if len(found) != 1:
        trouble = (
            "No valid token of yours has this name." if not found else "Several tokens have this name: give an id."
        )
        raise Failure(f"{trouble} Run `neo tokens list` for names and ids.", Exit.NOT_FOUND)
    (revoked,) = found
    confirm(f"Revoke {revoked['name']} ({revoked['prefix']}…)?", is_confirmed)
    client.delete(f"tokens/{revoked['id']}")
    print_result(as_json, revoked, f"{revoked['name']} is revoked.")


def _made(client: Client, body: Json) -> Any:
    """Make a token. One that was in an answer that got lost is revoked, and another one made."""
    try:
        return client.make("tokens", body)
    except Refusal as refusal:
        if refusal.problem_code == "sign_in_again":
            raise Failure(
                "A token needs a login of the last minutes. Run `neo login`, then this command again.", Exit.REFUSED
            ) from None
        if refusal.problem_code != "already_made":
            raise
        for token_id in refusal.errors.get("id", []):
            client.delete(f"tokens/{token_id}")
    return client.make("tokens", body)


def _row(token: Json) -> tuple[str, ...]:
    return (
        token["name"],
        f"{token['prefix']}…",
        " ".join(token["scopes"]),
        token["project_id"] or "",
        short(token["expires_at"]) or "never",
        short(token["last_used_at"]) or "never",
        token["id"],
    )
