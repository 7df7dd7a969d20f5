"""The commands `neo projects list`, `create`, `rename` and `transfer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from neo_cli.lookups import member_named, project_id_of
from neo_cli.options import Command, connected, json_option, project_argument
from neo_cli.text import print_json, print_result, print_table

if TYPE_CHECKING:
    from neo_cli.client import Client


@click.command("list", cls=Command, examples=["neo projects list", "neo projects list --json"])
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


@click.command(
    "create", cls=Command, examples=["neo projects create Robots", "neo projects create Robots-staging --tag staging"]
)
@click.argument("name")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Tag of the project. Can be repeated.")
@json_option
@connected
def create_project(client: Client, name: str, tags: tuple[str, ...], as_json: bool) -> None:
    """Create a project with you as its admin."""
    project = client.make("projects", {"name": name, "tags": list(tags)})["project"]
    print_result(as_json, project, f"{project['name']} is created. Its id is {project['id']}.")


@click.command(
    "rename",
    cls=Command,
    examples=["neo projects rename Robots Rovers", "neo projects rename Staging Robots-staging --json"],
)
@project_argument
@click.argument("new_name")
@json_option
@connected
def rename_project(client: Client, project: str, new_name: str, as_json: bool) -> None:
    """Give a project another name.

    PROJECT is a name or an id.
    """
    renamed = client.patch(f"projects/{project_id_of(client, project)}", {"name": new_name})["project"]
    print_result(as_json, renamed, f"The project's name is now {renamed['name']}.")


@click.command(
    "transfer",
    cls=Command,
    examples=["neo projects transfer Robots alice", "neo projects transfer Robots alice --json"],
)
@project_argument
@click.argument("username")
@json_option
@connected
def transfer_project(client: Client, project: str, username: str, as_json: bool) -> None:
    """Make a member the owner of a project.

    PROJECT is a name or an id. The new owner becomes an admin, if they are none.
    """
    path = f"projects/{project_id_of(client, project)}"
    member = member_named(client, f"{path}/members", username)
    owner = client.post(f"{path}/transfer", {"user_id": member["user_id"]})
    print_result(as_json, owner, f"{owner['username']} now owns the project.")
