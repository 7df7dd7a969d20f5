"""The commands `neo projects leave` and `delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from neo_cli.lookups import project_of
from neo_cli.options import Command, connected, json_option, project_argument, yes_option
from neo_cli.prompts import confirm
from neo_cli.text import print_result

if TYPE_CHECKING:
    from neo_cli.client import Client


@click.command("leave", cls=Command, examples=["neo projects leave Robots", "neo projects leave Robots --yes"])
@project_argument
@yes_option
@json_option
@connected
def leave_project(client: Client, project: str, is_confirmed: bool, as_json: bool) -> None:
    """Leave a project.

    PROJECT is a name or an id. Its secrets stay, and you see them no more.
    """
    left = project_of(client, project)
    confirm(f"Leave {left['name']}?", is_confirmed)
    client.delete(f"projects/{left['id']}/members/{client.get('user')['id']}")
    print_result(as_json, left, f"You are no longer a member of {left['name']}.")


@click.command("delete", cls=Command, examples=["neo projects delete Robots", "neo projects delete Robots --yes"])
@project_argument
@yes_option
@json_option
@connected
def delete_project(client: Client, project: str, is_confirmed: bool, as_json: bool) -> None:
    """Delete a project with all its secrets, permanently.

    PROJECT is a name or an id.
    """
    deleted = project_of(client, project)
    confirm(f"Delete {deleted['name']} and all its secrets permanently, for everyone?", is_confirmed)
    client.delete(f"projects/{deleted['id']}")
    print_result(as_json, deleted, f"{deleted['name']} is deleted.")
