"""The group `neo projects`: its commands in the order in which people need them."""

from __future__ import annotations

import click

from neo_cli.commands.projects.ending import delete_project, leave_project
from neo_cli.commands.projects.members import members
from neo_cli.commands.projects.projects import create_project, list_projects, rename_project, transfer_project
from neo_cli.options import Group


@click.group(cls=Group)
def projects() -> None:
    """Create projects, share them, and end them."""


for _command in (
    list_projects,
    create_project,
    members,
    rename_project,
    transfer_project,
    leave_project,
    delete_project,
):
    projects.add_command(_command)
