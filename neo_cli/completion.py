"""Names for the completion of a shell. It is quick, asks no question, and says nothing if the server is away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

# Whoever presses Tab waits no longer than this for each step of the network.
SECONDS = 1.0
MOST = 100
# What needs no quotes in any shell, which completion does not add; and no colon, at which bash begins a new word.
PLAIN = re.compile(r"[\w.@%+/-]+")

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def secret_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the names of secrets of the project in the command line, in its variable, or in `.neo.toml`."""
    return _found(context, incomplete, lambda client: _secrets(client, context))


def project_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the names of the projects that the user belongs to; of one whose name needs quotes, the id."""
    return _found(context, incomplete, lambda client: client.get("projects", limit=MOST)["results"])


def token_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the names of one's service tokens, or of those for `--project`; of one whose name needs quotes, the id."""
    return _found(context, incomplete, lambda client: _tokens(client, context))


def _secrets(client: Client, context: click.Context) -> Iterable[Json]:
    from neo_cli.lookups import owner_query, project_id_of

    project = None if context.params.get("is_personal") else _project(context)
    return client.list_all("secrets", **owner_query(project_id_of(client, project)))


def _tokens(client: Client, context: click.Context) -> Iterable[Json]:
    from neo_cli.lookups import owner_query, project_id_of

    of_project = owner_query(project_id_of(client, context.params.get("project")))
    rows: list[Json] = client.get("tokens", limit=MOST, **of_project)["results"]
    return rows


def _project(context: click.Context) -> str | None:
    """Return what the option `--project` has or will have. While it completes, click asks no default."""
    from neo_cli.project_file import project_file

    if "project" in context.params and context.params["project"] is not None:
        return str(context.params["project"]) or None
    return project_file().project or None


def _found(context: click.Context, incomplete: str, ask: Callable[[Client], Iterable[Json]]) -> list[CompletionItem]:
    try:
        with _client(context) as client:
            return list(_items(ask(client), incomplete))
    except Exception:  # noqa: BLE001  (a line of an error would land in the middle of the command that is being typed)
        return []


@contextmanager
def _client(context: click.Context) -> Iterator[Client]:
    from neo_cli.connection import connect

    client = connect(context.params.get("server"), context.params.get("insecure_hosts") or (), seconds=SECONDS)
    try:
        yield client
    finally:
        client.transport.close()


def _items(rows: Iterable[Json], incomplete: str) -> Iterator[CompletionItem]:
    for row in rows:
        text, more = (row["name"], None) if PLAIN.fullmatch(row["name"]) else (row["id"], row["name"])
        if text.startswith(incomplete) or (more or "").startswith(incomplete):
            yield CompletionItem(text, help=more)
