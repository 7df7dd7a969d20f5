"""The command `neo explain`: which secrets a task would get, which not, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from neo_cli.grants import Selection, explain, report_omitted, selection_options
from neo_cli.options import Command, connected, json_option
from neo_cli.project_file import ProjectFile, project_file
from neo_cli.text import print_json, print_table
from secrets_app.risky_names import is_refused_by_command

if TYPE_CHECKING:
    from neo_cli.client import Client, Json


@click.command(
    "explain", cls=Command, examples=["neo explain", "neo explain --project Robots --secret DEPLOY_KEY --json"]
)
@selection_options
@json_option
@connected
def explain_selection(client: Client, selection: Selection, as_json: bool) -> None:
    """Show which secrets `neo run` would expose, and why.

    Use the options that you would give to `neo run`. No grant is created and no value
    is fetched.
    """
    answer = explain(client, selection)
    if as_json:
        print_json(answer)
        return
    file = project_file()
    print_table(("NAME", "OWNER", "VERSION", "REASON", "NOTES"), (_row(secret, file) for secret in answer["secrets"]))
    report_omitted(answer["omitted"])


def _row(secret: Json, file: ProjectFile) -> tuple[str, ...]:
    variable = file.variable_of(secret["name"])
    notes = {
        f"given as {variable}": variable != secret["name"],
        "too short to be redacted in output": not secret["is_maskable"],
        "needs --allow-name": is_refused_by_command(variable.upper()) and variable not in file.allow_names,
    }
    return (
        secret["name"],
        secret["owner"],
        str(secret["version"]),
        secret["reason"],
        "; ".join(text for text, holds in notes.items() if holds),
    )
