"""The commands `neo tokens …`: service tokens, the credentials of machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from neo_cli.completion import project_names, token_names
from neo_cli.exits import Exit, Failure
from neo_cli.lookups import owner_query, project_id_of, project_names_by_id
from neo_cli.options import Group, connected, expires_option, json_option, project_option_else, yes_option
from neo_cli.problems import Refusal
from neo_cli.prompts import confirm
from neo_cli.text import note, print_json, print_result, print_table
from neo_cli.times import short

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

# Neither a variable nor `.neo.toml` names this project: only its admins see others' tokens, and here all see their own.
of_everybody_option = click.option(
    "--project",
    metavar="PROJECT",
    shell_complete=project_names,
    help="Tokens of everybody that reach this project alone; for its admins. Default: your own tokens.",
)
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
@project_option_else("all that is yours")
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
    if made["project_id"] and "projects:read" not in scopes:
        note(f"With it, name the project by its id, {made['project_id']}, or in a .neo.toml made by `neo init`.")
    click.echo(made["token"])


@tokens.command("list", examples=["neo tokens list", "neo tokens list --project Robots --json"])
@of_everybody_option
@json_option
@connected
def list_tokens(client: Client, project: str | None, as_json: bool) -> None:
    """List your tokens that are valid, newest first.

    With --project, list everybody's that reach this project alone.
    """
    rows = _tokens(client, project)
    if as_json:
        print_json(rows)
        return
    projects = project_names_by_id(client) if any(each["project_id"] for each in rows) else {}
    print_table(
        ("NAME", "TOKEN", "OWNER", "SCOPES", "PROJECT", "EXPIRES", "LAST USED", "ID"),
        (_row(each, projects) for each in rows),
    )


@tokens.command("revoke", examples=["neo tokens revoke CI", "neo tokens revoke CI --project Robots --yes"])
@click.argument("token", metavar="NAME", shell_complete=token_names)
@of_everybody_option
@yes_option
@json_option
@connected
def revoke_token(client: Client, token: str, project: str | None, is_confirmed: bool, as_json: bool) -> None:
    """Revoke a token, at once and for good.

    NAME is its name or its id. Task grants that it made end with it.
    """
    found = [each for each in _tokens(client, project) if token in (each["name"], each["id"])]
    if len(found) != 1:
        raise Failure(_trouble(found, project), Exit.NOT_FOUND)
    (revoked,) = found
    confirm(f"Revoke {revoked['name']} of {revoked['username']} ({revoked['prefix']}…)?", is_confirmed)
    client.delete(f"tokens/{revoked['id']}")
    print_result(as_json, revoked, f"{revoked['name']} is revoked.")


def _tokens(client: Client, project: str | None) -> list[Json]:
    """Return the tokens of everybody that reach the project alone, or one's own for None."""
    return list(client.list_all("tokens", **owner_query(project_id_of(client, project))))


def _trouble(found: list[Json], project: str | None) -> str:
    command = "neo tokens list" if project is None else "neo tokens list --project"
    if found:
        return f"Several tokens have this name: give an id. Run `{command}` for the ids."
    if project is None:
        return f"No valid token of yours has this name. Run `{command}` for the names; --project finds others' tokens."
    return f"No valid token for this project alone has this name. Run `{command}` for the names."


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


def _row(token: Json, projects: dict[str, str]) -> tuple[str, ...]:
    return (
        token["name"],
        f"{token['prefix']}…",
        token["username"],
        " ".join(token["scopes"]),
        projects.get(token["project_id"], token["project_id"] or ""),
        short(token["expires_at"]) or "never",
        short(token["last_used_at"]) or "never",
        token["id"],
    )
