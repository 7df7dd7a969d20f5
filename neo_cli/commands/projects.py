"""The commands `neo projects …`: projects and their members."""

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
    rows = list(client.list_all("projects"))
    if as_json:
        print_json(rows)
    else:
        print_table(
            ("ID", "NAME", "ROLE", "TAGS"),
            ((each["id"], each["name"], each["role"], ", ".join(each["tags"])) for each in rows),
        )


@projects.command("create")
@click.argument("name")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Tag of the project. Can be repeated.")
@json_option
@connected
def create_project(client: Client, name: str, tags: tuple[str, ...], as_json: bool) -> None:
    """Create a project with you as its admin."""
    project = client.make("projects", {"name": name, "tags": list(tags)})["project"]
    if as_json:
        print_json(project)
    else:
        click.echo(f"{printable(project['name'])} is created. Its id is {project['id']}.")


@projects.group("members", cls=Group)
def members() -> None:
    """List, add, change and remove the members of a project."""


@members.command("list")
@click.argument("project")
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


@members.command("add")
@click.argument("project")
@click.argument("username")
@click.option(
    "--role", type=role_type, default="member", show_default=True, metavar="ROLE", help="One of: viewer, member, admin."
)
@connected
def add_member(client: Client, project: str, username: str, role: str) -> None:
    """Add a user to a project.

    PROJECT is a name or an id.
    """
    client.make(_members_path(client, project), {"username": username, "role": role})
    click.echo(f"{printable(username)} now has the role {role}.")


@members.command("change")
@click.argument("project")
@click.argument("username")
@click.argument("role", type=role_type, metavar="ROLE")
@connected
def change_member(client: Client, project: str, username: str, role: str) -> None:
    """Change the role of a member.

    PROJECT is a name or an id. ROLE is viewer, member or admin.
    """
    client.patch(_member_path(client, project, username), {"role": role})
    click.echo(f"{printable(username)} now has the role {role}.")


@members.command("remove")
@click.argument("project")
@click.argument("username")
@click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")
@connected
def remove_member(client: Client, project: str, username: str, yes: bool) -> None:
    """Remove a member from a project.

    PROJECT is a name or an id. Give your own user name to leave the project.
    """
    path = _member_path(client, project, username)
    if not yes:
        require_terminal("Confirm with --yes.")
        click.confirm(f"Remove {printable(username)}?", abort=True, err=True)
    client.delete(path)
    click.echo(f"{printable(username)} is no longer a member.")


def _members_path(client: Client, project: str) -> str:
    return f"projects/{project_id_of(client, project)}/members"


def _member_path(client: Client, project: str, username: str) -> str:
    members_path = _members_path(client, project)
    found: list[Any] = [each for each in client.list_all(members_path) if each["username"] == username]
    if not found:
        raise Failure("The project has no such member. Run `neo projects members list` for the names.", Exit.NOT_FOUND)
    return f"{members_path}/{found[0]['user_id']}"
