"""The commands `neo projects members …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from neo_cli.lookups import member_named, project_id_of
from neo_cli.options import Group, connected, json_option, project_argument, role_option, role_type, yes_option
from neo_cli.prompts import confirm
from neo_cli.text import print_json, print_result, print_table

if TYPE_CHECKING:
    from neo_cli.client import Client


@click.group(cls=Group)
def members() -> None:
    """List, add, change and remove the members of a project."""


@members.command("list", examples=["neo projects members list Robots", "neo projects members list Robots --json"])
@project_argument
@json_option
@connected
def list_members(client: Client, project: str, as_json: bool) -> None:
    """List the members of a project.

    PROJECT is a name or an id.
    """
    rows = list(client.list_all(_members_path(client, project)))
    if as_json:
        print_json(rows)
    else:
        print_table(("USERNAME", "ROLE", "EMAIL"), ((each["username"], each["role"], each["email"]) for each in rows))


@members.command(
    "add", examples=["neo projects members add Robots alice", "neo projects members add Robots bob --role viewer"]
)
@project_argument
@click.argument("username")
@role_option
@json_option
@connected
def add_member(client: Client, project: str, username: str, role: str, as_json: bool) -> None:
    """Add a user to a project.

    PROJECT is a name or an id. For whoever has no account yet, there is
    `neo invitations create`.
    """
    member = client.make(_members_path(client, project), {"username": username, "role": role})
    print_result(as_json, member, f"{username} now has the role {role}.")


@members.command(
    "change",
    examples=["neo projects members change Robots alice admin", "neo projects members change Robots bob viewer --json"],
)
@project_argument
@click.argument("username")
@click.argument("role", type=role_type, metavar="ROLE")
@json_option
@connected
def change_member(client: Client, project: str, username: str, role: str, as_json: bool) -> None:
    """Change the role of a member.

    PROJECT is a name or an id. ROLE is viewer, member or admin.
    """
    path = _members_path(client, project)
    member = member_named(client, path, username)
    changed = client.patch(f"{path}/{member['user_id']}", {"role": role})
    print_result(as_json, changed, f"{username} now has the role {role}.")


@members.command(
    "remove",
    examples=["neo projects members remove Robots alice", "neo projects members remove Robots bob --yes"],
)
@project_argument
@click.argument("username")
@yes_option
@json_option
@connected
def remove_member(client: Client, project: str, username: str, is_confirmed: bool, as_json: bool) -> None:
    """Remove a member from a project.

    PROJECT is a name or an id. To leave a project yourself, use
    `neo projects leave`.
    """
    path = _members_path(client, project)
    member = member_named(client, path, username)
    confirm(f"Remove {username}?", is_confirmed)
    client.delete(f"{path}/{member['user_id']}")
    print_result(as_json, member, f"{username} is no longer a member.")


def _members_path(client: Client, project: str) -> str:
    return f"projects/{project_id_of(client, project)}/members"
