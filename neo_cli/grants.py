"""Task grants: the request for one, its single fetch of values, and its revocation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

import click

from neo_cli.completion import secret_names
from neo_cli.exits import Exit, Failure
from neo_cli.lookups import place_named_elsewhere, project_id_of
from neo_cli.options import project_option
from neo_cli.problems import Refusal
from neo_cli.project_file import project_file
from neo_cli.signals import postponed
from neo_cli.text import note

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

# The command has already ended, so the user should not wait longer for the revocation than this.
REVOKE_SECONDS = 5.0
PERSONAL = "personal:"
OMISSIONS = {
    "shadowed": "the project has a secret of this name; use --secret {personal}{name} to get yours",
    "expired": "it has expired",
    "risky_name": "its name changes how programs run; to get it: --secret {name}; an admin of the project promotes it",
    "quarantined": "it is in quarantine; to promote it: neo secrets promote {name}",
}


@dataclass(frozen=True)
class Selection:
    """The selection options of one command line."""

    project: str | None
    secrets: tuple[str, ...]
    include_default: bool
    thread: str | None
    task: str | None
    ttl: int | None

    def body(self, client: Client, **more: Any) -> Json:
        """Return the request body, with `more` added; omitted options are left to the server's defaults."""
        options = {
            "project_id": project_id_of(client, self.project),
            "secrets": list(self.secrets) or None,
            "thread_id": self.thread,
            "task_id": self.task,
            "ttl": self.ttl,
        }
        return {name: value for name, value in options.items() if value is not None} | {
            "include_default": self.include_default,
            **more,
        }

    def with_secrets(self, names: tuple[str, ...]) -> Selection:
        """Return this selection with `names` selected too."""
        added = tuple(name for name in names if name not in self.secrets)
        return Selection(**(vars(self) | {"secrets": self.secrets + added}))


@dataclass(frozen=True)
class TaskGrant:
    """A task grant that can fetch values once; `secrets` and `omitted` have the form of the API."""

    id: str
    token: str = field(repr=False)
    secrets: list[Json]
    omitted: list[Json]

    @property
    def names(self) -> list[str]:
        return [each["name"] for each in self.secrets]


def selection_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command: add the selection options, and pass them as one Selection named `selection`."""

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
        of_file = tuple(name for name in project_file().secrets if name not in secrets)
        selection = Selection(project, secrets + of_file, include_default, thread, task, ttl)
        return function(*args, selection=selection, **rest)

    command = update_wrapper(wrapper, function)
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def explain(client: Client, selection: Selection) -> Json:
    """Return what a grant would expose and omit. Creates no grant and no audit event."""
    answer: Json = _post(client, "task-grants/explain", selection.body(client))
    return answer


@contextmanager
def granted(client: Client, selection: Selection) -> Iterator[TaskGrant]:
    """Create a grant for one fetch, and revoke it when the block ends, also after an error or a signal."""
    answer = _post(client, "task-grants", selection.body(client, max_uses=1))
    try:
        yield TaskGrant(answer["id"], answer["token"], answer["secrets"], answer["omitted"])
    finally:
        with postponed():
            _revoke(client, answer["id"])


@dataclass(frozen=True)
class Environment:
    """Values by name, and the names of those that may show in the output."""

    values: dict[str, str] = field(repr=False)
    exempt: list[str]


def fetch(client: Client, grant: TaskGrant) -> Environment:
    """Return the values. The grant cannot fetch again."""
    answer: Json = client.transport.send("POST", "runtime/environment", token=grant.token)
    # Servers before this field redact everything.
    return Environment(answer["environment"], answer.get("exempt_from_redaction", []))


def report_omitted(omitted: list[Json]) -> None:
    """Print on stderr which secrets the task does not get, and why."""
    for each in omitted:
        reason = OMISSIONS.get(each["reason"], "{reason}").format(**each, personal=PERSONAL)
        note(f"{each['name']} ({each['owner']}) is not given: {reason}.")


def _post(client: Client, path: str, body: Json) -> Json:
    try:
        answer: Json = _make(client, path, body)
    except Refusal as refusal:
        if refusal.status in (404, 405):
            raise Failure(
                f"{client.url} has no task grants: it is older than this command. Ask its operator to upgrade it.",
                Exit.PROTOCOL,
            ) from None
        if refusal.problem_code == "scope_missing" and body.get("project_id") is None:
            hint = "If the token is for one project, name it: --project ID."
            raise Failure(f"{refusal.message} {hint}", refusal.code) from None
        if refusal.problem_code == "unknown_secrets":
            unknown = " ".join(refusal.errors.get("secrets", []))
            place = place_named_elsewhere()
            raise Failure(f"{unknown}{place} Run `neo secrets list` for the names.", refusal.code) from None
        raise
    return answer


def _make(client: Client, path: str, body: Json) -> Any:
    """Make a grant; one whose token was in an answer that got lost is revoked, and another one made."""
    try:
        return client.make(path, body)
    except Refusal as refusal:
        if refusal.problem_code != "already_made":
            raise
        for grant_id in refusal.errors.get("id", []):
            _revoke(client, grant_id)
    return client.make(path, body)


def _revoke(client: Client, grant_id: str) -> None:
    try:
        client.delete(f"task-grants/{grant_id}", seconds=REVOKE_SECONDS)
    except Failure as failure:
        note(f"The grant could not be revoked and lasts until it expires. {failure.message}")


_OPTIONS = [
    project_option,
    click.option(
        "--secret",
        "secrets",
        multiple=True,
        metavar="NAME",
        shell_complete=secret_names,
        help="Also expose this secret. Use personal:NAME for a personal one.",
    ),
    click.option(
        "--no-default", "include_default", flag_value=False, default=True, help="Expose only the secrets that you name."
    ),
    click.option("--thread", metavar="ID", help="Thread id. A thread remembers the secrets that its tasks select."),
    click.option("--task", metavar="ID", help="Your own id for the task, kept with its grant."),
    click.option("--ttl", type=click.IntRange(min=1), metavar="SECONDS", help="Maximum lifetime of the grant."),
]
