"""`neo projects …`: projects, and who belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from neo_cli.exits import Exit, Failure
from neo_cli.lookups import project_id_of
from neo_cli.options import Group, connected, json_option
from neo_cli.prompts import require_terminal
from neo_cli.text import print_json, print_table, printable

if TYPE_CHECKING:
    from neo_cli.client import Client

role_type = click.Choice(["viewer", "member", "admin"])


@click.group(cls=Group)
def projects() -> None:
    """List and create projects, and manage their members."""


@projects.command("list")
@json_option
@connected
def list_projects(client: Client, as_json: bool) -> None:
    """List the projects that you belong to."""
    rows = list(client.listed("projects"))
    if as_json:
        print_json(rows)
    else:
        print_table(
            ("ID", "NAME", "ROLE", "TAGS"),
            ((each["id"], each["name"], each["role"], ", ".join(each["tags"])) for each in rows),
        )


@projects.command("create")
@click.argument("name")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; may be given several times.")
@json_option
@connected
def create_project(client: Client, name: str, tags: tuple[str, ...], as_json: bool) -> None:
    """Create a project, with you as its admin."""
    project = client.post("projects", {"name": name, "tags": list(tags)})["project"]
    if as_json:
        print_json(project)
    else:
        click.echo(f"{printable(project['name'])} is created: {project['id']}")


@projects.group("members", cls=Group)
def members() -> None:
    """List, add, change and remove the members of a project."""


@members.command("list")
@click.argument("project")
@json_option
@connected
def list_members(client: Client, project: str, as_json: bool) -> None:
    """List the members of PROJECT, given by id or name."""
    rows = list(client.listed(_address(client, project)))
    if as_json:
        print_json(rows)
    else:
        print_table(("USERNAME", "ROLE", "EMAIL"), ((each["username"], each["role"], each["email"]) for each in rows))


@members.command("add")
@click.argument("project")
@click.argument("username")
@click.option("--role", type=role_type, default="member", show_default=True, help="What he may do there.")
@connected
def add_member(client: Client, project: str, username: str, role: str) -> None:
    """Add a user to PROJECT."""
    client.post(_address(client, project), {"username": username, "role": role})
    click.echo(f"{printable(username)} is {role} now.")


@members.command("change")
@click.argument("project")
@click.argument("username")
@click.argument("role", type=role_type)
@connected
def change_member(client: Client, project: str, username: str, role: str) -> None:
    """Give a member of PROJECT another role."""
    client.patch(_member_address(client, project, username), {"role": role})
    click.echo(f"{printable(username)} is {role} now.")


@members.command("remove")
@click.argument("project")
@click.argument("username")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@connected
def remove_member(client: Client, project: str, username: str, yes: bool) -> None:
    """Remove a member from PROJECT, or yourself."""
    address = _member_address(client, project, username)
    if not yes:
        require_terminal("confirm with --yes.")
        click.confirm(f"Remove {printable(username)}?", abort=True, err=True)
    client.delete(address)
    click.echo(f"{printable(username)} is removed.")


def _address(client: Client, project: str) -> str:
    return f"projects/{project_id_of(client, project)}/members"


def _member_address(client: Client, project: str, username: str) -> str:
    members_address = _address(client, project)
    found: list[Any] = [each for each in client.listed(members_address) if each["username"] == username]
    if not found:
        raise Failure("The project has no member of this name. `neo projects members list` shows them.", Exit.NOT_FOUND)
    return f"{members_address}/{found[0]['user_id']}"
