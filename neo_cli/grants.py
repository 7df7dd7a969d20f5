"""Task grants: what a task is to see, asked for, fetched once, and revoked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

import click

from neo_cli.exits import Exit, Failure
from neo_cli.lookups import project_id_of
from neo_cli.options import project_option
from neo_cli.problems import Refusal
from neo_cli.signals import postponed
from neo_cli.text import note

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

# Nobody should have to wait longer for a command that is over.
REVOKE_SECONDS = 5.0
PERSONAL = "personal:"
OMISSIONS = {
    "shadowed": "the project's is given instead; --secret {personal}{name} gives yours",
    "expired": "it has expired",
    "quarantined": "an agent made it and nobody has promoted it: neo secrets promote {name}",
}


@dataclass(frozen=True)
class Selection:
    """What the options ask for."""

    project: str | None
    secrets: tuple[str, ...]
    include_default: bool
    thread: str | None
    task: str | None
    ttl: int | None

    def body(self, client: Client, **more: Any) -> Json:
        """The request; what was not said is left to the server."""
        asked = {
            "project_id": project_id_of(client, self.project),
            "secrets": list(self.secrets) or None,
            "thread_id": self.thread,
            "task_id": self.task,
            "ttl": self.ttl,
        }
        return {name: value for name, value in asked.items() if value is not None} | {
            "include_default": self.include_default,
            **more,
        }

    def with_secrets(self, names: tuple[str, ...]) -> Selection:
        added = tuple(name for name in names if name not in self.secrets)
        return Selection(**(vars(self) | {"secrets": self.secrets + added}))


@dataclass(frozen=True)
class Grant:
    """A grant of one use; `secrets` and `omitted` as the server answers them."""

    id: str
    token: str = field(repr=False)
    secrets: list[Json]
    omitted: list[Json]

    @property
    def names(self) -> list[str]:
        return [each["name"] for each in self.secrets]


def selects(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what a task sees; the command gets a Selection."""

    def wrapper(
        *args: Any,
        project: str | None,
        secrets: tuple[str, ...],
        include_default: bool,
        thread: str | None,
        task: str | None,
        ttl: int | None,
        **rest: Any,
    ) -> Any:
        return function(*args, selection=Selection(project, secrets, include_default, thread, task, ttl), **rest)

    command = update_wrapper(wrapper, function)
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def explain(client: Client, selection: Selection) -> Json:
    """What a grant would give and what not; makes and records nothing."""
    answer: Json = _post(client, "task-grants/explain", selection.body(client))
    return answer


@contextmanager
def granted(client: Client, selection: Selection) -> Iterator[Grant]:
    """A grant for one fetch, revoked when the block ends, however it ends."""
    answer = _post(client, "task-grants", selection.body(client, max_uses=1))
    try:
        yield Grant(answer["id"], answer["token"], answer["secrets"], answer["omitted"])
    finally:
        with postponed():
            _revoke(client, answer["id"])


def fetch(client: Client, grant: Grant) -> dict[str, str]:
    """Names and values; uses the grant up."""
    answer: dict[str, dict[str, str]] = client.transport.send("POST", "runtime/environment", token=grant.token)
    return answer["environment"]


def tell_omitted(omitted: list[Json]) -> None:
    """Say on stderr what the task does not see, and why."""
    for each in omitted:
        reason = OMISSIONS.get(each["reason"], "{reason}").format(**each, personal=PERSONAL)
        note(f"{each['name']} ({each['owner']}) is not given: {reason}.")


def _post(client: Client, path: str, body: Json) -> Json:
    try:
        answer: Json = client.post(path, body)
    except Refusal as refusal:
        if refusal.status in (404, 405):
            raise Failure(
                f"{client.address} knows no task grants: it is older than this command. Have it upgraded.",
                Exit.PROTOCOL,
            ) from None
        raise
    return answer


def _revoke(client: Client, grant_id: str) -> None:
    try:
        client.delete(f"task-grants/{grant_id}", seconds=REVOKE_SECONDS)
    except Failure as failure:
        note(f"The grant could not be revoked; its one use is spent, and it ends by itself. {failure.message}")


_OPTIONS = [
    project_option,
    click.option(
        "--secret", "secrets", multiple=True, metavar="NAME", help="Give this one, too; personal:NAME for your own one."
    ),
    click.option("--no-default", "include_default", flag_value=False, default=True, help="Give none but those named."),
    click.option("--thread", metavar="ID", help="A thread: what it selects is remembered for its next task."),
    click.option("--task", metavar="ID", help="What you call this task, for the records."),
    click.option("--ttl", type=click.IntRange(min=1), metavar="SECONDS", help="How long the grant lasts at most."),
]
