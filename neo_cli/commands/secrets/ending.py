"""The commands `neo secrets promote` and `delete`: the end of a quarantine, and of a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from neo_cli.lookups import project_id_of, secret_named
from neo_cli.options import Command, connected, json_option, project_option, secret_argument, yes_option
from neo_cli.prompts import confirm
from neo_cli.text import print_result

if TYPE_CHECKING:
    from neo_cli.client import Client


@click.command(
    "promote", cls=Command, examples=["neo secrets promote API_KEY", "neo secrets promote PYTHONPATH --project Robots"]
)
@secret_argument
@project_option
@json_option
@connected
def promote_secret(client: Client, name: str, project: str | None, as_json: bool) -> None:
    """Take a secret out of quarantine, so that tasks can get it.

    Secrets that an agent made are in quarantine until a person promotes them, and a
    project's secrets whose names change how programs run until an admin does.
    """
    secret = secret_named(client, name, project_id_of(client, project))
    print_result(as_json, client.post(f"secrets/{secret['id']}/promote"), f"{name} is promoted.")


@click.command(
    "delete", cls=Command, examples=["neo secrets delete OLD_TOKEN", "neo secrets delete DB_URL --project Robots --yes"]
)
@secret_argument
@project_option
@yes_option
@json_option
@connected
def delete_secret(client: Client, name: str, project: str | None, is_confirmed: bool, as_json: bool) -> None:
    """Delete a secret with all its versions, permanently."""
    secret = secret_named(client, name, project_id_of(client, project))
    confirm(f"Delete {name} and all its versions permanently?", is_confirmed)
    client.delete(f"secrets/{secret['id']}")
    print_result(as_json, secret, f"{name} is deleted.")
