"""`neo explain`: what a task would see, and what not and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from neo_cli.grants import Selection, explain, selects, tell_omitted
from neo_cli.options import Command, connected, json_option
from neo_cli.text import print_json, print_table
from neo_cli.unsafe_names import is_unsafe

if TYPE_CHECKING:
    from neo_cli.client import Client, Json


@click.command("explain", cls=Command)
@selects
@json_option
@connected
def explain_selection(client: Client, selection: Selection, as_json: bool) -> None:
    """Show which secrets `neo run` would give with the same options, and why. Nothing is granted or fetched."""
    answer = explain(client, selection)
    if as_json:
        print_json(answer)
        return
    print_table(("NAME", "OWNER", "VERSION", "REASON", "NOTES"), map(_row, answer["secrets"]))
    tell_omitted(answer["omitted"])


def _row(secret: Json) -> tuple[str, ...]:
    notes = {
        "too short to be hidden in output": not secret["is_maskable"],
        "needs --allow-name": is_unsafe(secret["name"]),
    }
    return (
        secret["name"],
        secret["owner"],
        str(secret["version"]),
        secret["reason"],
        "; ".join(text for text, holds in notes.items() if holds),
    )
