"""The commands `neo secrets rename`, `move` and `copy`: another name, another owner, or another secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from neo_cli.completion import project_names
from neo_cli.lookups import project_id_of, secret_named
from neo_cli.options import Command, connected, json_option, project_option, secret_argument
from neo_cli.text import print_result

if TYPE_CHECKING:
    from neo_cli.client import Client

to_option = click.option(
    "--to", metavar="PROJECT", shell_complete=project_names, help="Project that gets it, by name or id."
)
to_personal_option = click.option("--to-personal", is_flag=True, help="Make it one of your personal secrets.")


@click.command(
    "rename",
    cls=Command,
    examples=["neo secrets rename GH_TOKEN GITHUB_TOKEN", "neo secrets rename DB DB_URL --project Robots"],
)
@secret_argument
@click.argument("new_name")
@project_option
@json_option
@connected
def rename_secret(client: Client, name: str, new_name: str, project: str | None, as_json: bool) -> None:
    """Give a secret another name.

    Its value and versions stay. Running tasks no longer get it under the former name.
    """
    secret = secret_named(client, name, project_id_of(client, project))
    renamed = client.patch(f"secrets/{secret['id']}", {"name": new_name})
    print_result(as_json, renamed, f"{name} is now {new_name}.")


@click.command(
    "move",
    cls=Command,
    examples=["neo secrets move GITHUB_TOKEN --to Robots", "neo secrets move DB_URL --project Robots --to-personal"],
)
@secret_argument
@project_option
@to_option
@to_personal_option
@json_option
@connected
def move_secret(
    client: Client, name: str, project: str | None, to: str | None, to_personal: bool, as_json: bool
) -> None:
    """Move a secret with its versions to another owner.

    You need to be allowed to delete it where it is, and to create it where it goes.
    """
    if bool(to) == to_personal:
        raise click.UsageError("Give either --to PROJECT or --to-personal.")
    secret = secret_named(client, name, project_id_of(client, project))
    moved = client.patch(f"secrets/{secret['id']}", {"project_id": project_id_of(client, to)})
    print_result(as_json, moved, f"{name} is moved {_place(to)}.")


@click.command(
    "copy",
    cls=Command,
    examples=["neo secrets copy DB_URL --project Staging --to Production", "neo secrets copy API_KEY --as API_KEY_OLD"],
)
@secret_argument
@project_option
@to_option
@to_personal_option
@click.option("--as", "new_name", metavar="NAME", help="Name of the copy. Default: the same.")
@json_option
@connected
def copy_secret(
    client: Client,
    name: str,
    project: str | None,
    to: str | None,
    to_personal: bool,
    new_name: str | None,
    as_json: bool,
) -> None:
    """Create a secret with the current value of another one.

    Description and expiry are copied, former versions are not. No task gets the copy
    by default; see `neo secrets edit --default`.
    """
    if to and to_personal:
        raise click.UsageError("--to and --to-personal exclude each other. Choose one.")
    if not (to or to_personal or new_name):
        raise click.UsageError("Give --to PROJECT, --to-personal or --as NAME.")
    secret = secret_named(client, name, project_id_of(client, project))
    body = {"project_id": project_id_of(client, to)} if to or to_personal else {}
    copy = client.make(f"secrets/{secret['id']}/copy", body | ({"name": new_name} if new_name else {}))
    place = f" {_place(to)}" if to or to_personal else ""
    as_what = f" as {copy['name']}" if copy["name"] != name else ""
    print_result(as_json, copy, f"{name} is copied{place}{as_what}. No task gets the copy by default.")


def _place(to: str | None) -> str:
    return f"to the project {to}" if to else "to your personal secrets"
