"""The commands `neo secrets list`, `show` and `uses`: what there is, and who got it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from neo_cli.lookups import owner_query, project_id_of, secret_named
from neo_cli.options import Command, connected, json_option, limit_option, project_option, secret_argument
from neo_cli.text import note, print_facts, print_json, print_table
from neo_cli.times import short

if TYPE_CHECKING:
    from neo_cli.client import Client, Json


@click.command("list", cls=Command, examples=["neo secrets list", "neo secrets list --project Robots --search TOKEN"])
@project_option
@click.option("--search", metavar="TEXT", help="Only those with this text in name or description.")
@json_option
@connected
def list_secrets(client: Client, project: str | None, search: str | None, as_json: bool) -> None:
    """List secrets, with masks in place of values."""
    sought = {"search": search} if search else {}
    rows = list(client.list_all("secrets", **owner_query(project_id_of(client, project)), **sought))
    if as_json:
        print_json(rows)
    else:
        print_table(("NAME", "VALUE", "DEFAULT", "VERSION", "UPDATED", "NOTES"), map(_row, rows))


@click.command(
    "show", cls=Command, examples=["neo secrets show GITHUB_TOKEN", "neo secrets show DB_URL --project Robots --json"]
)
@secret_argument
@project_option
@json_option
@connected
def show_secret(client: Client, name: str, project: str | None, as_json: bool) -> None:
    """Show everything about a secret but its value."""
    secret = secret_named(client, name, project_id_of(client, project))
    if as_json:
        print_json(secret)
        return
    print_facts(
        [
            ("Name", secret["name"]),
            ("Id", secret["id"]),
            ("Value", secret["masked_value"]),
            ("Version", str(secret["version"])),
            ("Default", "available to every task" if secret["default_available"] else "only for tasks that select it"),
            ("Description", secret["description"]),
            ("Created", short(secret["created_at"])),
            ("Updated", short(secret["updated_at"])),
            ("Last used", short(secret["last_used_at"]) or "never"),
            ("Expires", short(secret["expires_at"]) or "never"),
            ("Notes", "; ".join(_notes(secret))),
        ]
    )


@click.command(
    "uses", cls=Command, examples=["neo secrets uses GITHUB_TOKEN", "neo secrets uses DB_URL --project Robots --json"]
)
@secret_argument
@project_option
@limit_option
@json_option
@connected
def list_uses(client: Client, name: str, project: str | None, limit: int, as_json: bool) -> None:
    """List who got the value of a secret, and when."""
    secret = secret_named(client, name, project_id_of(client, project))
    page = client.get(f"secrets/{secret['id']}/uses", limit=limit)
    if as_json:
        print_json(page["results"])
        return
    rows = ((short(use["at"]), str(use["version"]), use["actor"]["name"], _credential(use)) for use in page["results"])
    print_table(("TIME", "VERSION", "WHO", "WITH"), rows)
    if page["next"]:
        note(f"These are the last {limit}. For more, use --limit.")


def _credential(use: Json) -> str:
    return " ".join(text for text in (use["credential"]["kind"], use["credential"]["id"]) if text)


def _notes(secret: Json) -> list[str]:
    notes = {
        "cannot be opened": not secret["is_readable"],
        "in quarantine": secret.get("is_quarantined", False),
        "made by an agent": secret["created_by_agent"],
        "not redacted in output": secret.get("is_exempt_from_redaction", False),
    }
    return [text for text, holds in notes.items() if holds]


def _row(secret: Json) -> tuple[str, ...]:
    more = {
        f"expires {short(secret['expires_at'])}": secret["expires_at"] is not None,
        secret["description"]: bool(secret["description"]),
    }
    return (
        secret["name"],
        secret["masked_value"],
        "yes" if secret["default_available"] else "no",
        str(secret["version"]),
        short(secret["updated_at"]),
        "; ".join([*_notes(secret), *(text for text, holds in more.items() if holds)]),
    )
