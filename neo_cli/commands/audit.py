"""The command `neo audit`: who did what, when, and from where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from neo_cli.completion import secret_names
from neo_cli.exits import Failure
from neo_cli.lookups import member_named, project_id_of, secret_named
from neo_cli.options import Command, connected, json_option, limit_option, project_option_else
from neo_cli.problems import Refusal
from neo_cli.text import note, print_json, print_table
from neo_cli.times import ago, short

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

# How the server's message begins that lists all names.
ONE_OF = "Must be one of: "
MOST_MEANT = 3
CLOSE = 0.5


@click.command(
    cls=Command,
    examples=["neo audit --since 2d", "neo audit --project Robots --secret DB_URL --event environment.exposed"],
)
@project_option_else("your own log")
@click.option("--secret", metavar="NAME", shell_complete=secret_names, help="Only what is about this secret.")
@click.option("--event", metavar="EVENT", help="Only this event, such as environment.exposed.")
@click.option("--actor", metavar="USERNAME", help="Only what this member of the project did.")
@click.option("--since", callback=ago, metavar="TIME", help="From then on: 2026-01-31T12:00:00Z, or 2d ago.")
@click.option("--until", callback=ago, metavar="TIME", help="Before then.")
@limit_option
@json_option
@connected
def audit(
    client: Client,
    project: str | None,
    secret: str | None,
    event: str | None,
    actor: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show who did what, newest first.

    Without --project, it is about your own secrets, tokens and sessions. The events of
    a project are for its admins.
    """
    project_id = project_id_of(client, project)
    if actor and not project_id:
        raise click.UsageError("--actor needs --project. Give both.")
    query = {
        "project_id": project_id,
        "secret_id": secret_named(client, secret, project_id)["id"] if secret else None,
        "event": event,
        "actor": member_named(client, f"projects/{project_id}/members", actor)["user_id"] if actor else None,
        "since": since,
        "until": until,
    }
    try:
        page = client.get("audit", limit=limit, **{name: each for name, each in query.items() if each is not None})
    except Refusal as refusal:
        raise _explained(client, event, refusal) from None
    if as_json:
        print_json(page["results"])
        return
    print_table(("TIME", "EVENT", "OUTCOME", "WHO", "ABOUT", "FROM"), map(_row, page["results"]))
    if page["next"]:
        note(f"These are the last {limit}. For more, use --limit, --since or --until.")


def _explained(client: Client, event: str | None, refusal: Refusal) -> Failure:
    """Return the refusal; of an unknown event, with the nearest names instead of all that there are."""
    told = " ".join(refusal.errors.get("event", ()))
    if not event or not told.startswith(ONE_OF):
        return refusal
    names = told.removeprefix(ONE_OF).removesuffix(".").split(", ")
    near = nearest(event, names)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    return Failure(
        f"No event has the name that --event gives.{meant} All {len(names)} are listed at {client.url}/api/docs under "
        "Audit.",
        refusal.code,
    )


def nearest(wrong: str, names: Sequence[str]) -> list[str]:
    """Return the names that are most like a wrong one: with all its words, or else close to it in spelling."""
    words = re.findall(r"[a-z]+", wrong.lower())
    with_all = [name for name in names if words and all(word in name for word in words)]
    return with_all[:MOST_MEANT] or get_close_matches(wrong.lower(), names, n=MOST_MEANT, cutoff=CLOSE)


def _row(event: Json) -> tuple[str, ...]:
    about = event["subject"]
    return (
        short(event["at"]),
        event["event"],
        event["outcome"],
        event["actor"]["name"] or event["actor"]["kind"],
        " ".join(text for text in (about["kind"], about["name"] or about["id"]) if text),
        event["address"],
    )
