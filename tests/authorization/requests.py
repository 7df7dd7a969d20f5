"""What the lines of the table send: path, query and body, by route and by what the line is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.urls import reverse

from tests.authorization.stage import NO_GRANT, NO_PROJECT, NO_SECRET, NO_TOKEN, Stage
from tests.authorization.table import Cell
from tests.cast import CANARY, PASSWORD


class Sent(NamedTuple):
    path: str
    body: Any


def request_of(cell: Cell, stage: Stage) -> Sent:
    """The request of a cell; one that a reader sends has no body."""
    arguments, query, body = REQUESTS[cell.route](stage, cell)
    sent = {} if cell.method in ("GET", "HEAD") else {"body": body}
    question = query if cell.method != "POST" else ""
    return Sent(reverse(cell.route, kwargs=arguments) + question, sent.get("body"))


Parts = tuple[dict[str, Any], str, Any]


def _nothing(stage: Stage, cell: Cell) -> Parts:
    return {}, "", None


def _password(stage: Stage, cell: Cell) -> Parts:
    return {}, "", {"username": cell.actor, "password": PASSWORD}


def _refresh(stage: Stage, cell: Cell) -> Parts:
    return {}, "", {"refresh": stage.refresh_tokens.get(cell.actor, "none")}


def _projects(stage: Stage, cell: Cell) -> Parts:
    bodies = {"his own": {"name": "New"}, "an id that is taken": {"id": str(stage.other_project.id)}}
    return {}, "", bodies[cell.about]


def _project(stage: Stage, cell: Cell) -> Parts:
    return {"project_id": _project_ids(stage)[cell.about]}, "", {"name": "Renamed"}


def _members(stage: Stage, cell: Cell) -> Parts:
    return {"project_id": _project_ids(stage)[cell.about]}, "", {"username": "newcomer", "role": "viewer"}


def _member(stage: Stage, cell: Cell) -> Parts:
    himself = getattr(stage.users[cell.actor], "pk", 0)
    named = {
        "a colleague": (stage.project.id, stage.users["colleague"].pk),
        "himself": (stage.project.id, himself),
        "nobody of it": (stage.project.id, stage.users["newcomer"].pk),
        "another project's": (stage.other_project.id, stage.users["other_admin"].pk),
    }
    project_id, user_id = named[cell.about]
    return {"project_id": project_id, "user_id": user_id}, "", {"role": "viewer"}


def _transfer(stage: Stage, cell: Cell) -> Parts:
    return {"project_id": _project_ids(stage)[cell.about]}, "", {"user_id": stage.users["colleague"].pk}


def _invitations(stage: Stage, cell: Cell) -> Parts:
    body = {"email": "somebody@example.com", "role": "viewer"}
    return {"project_id": _project_ids(stage)[cell.about]}, "", body


def _invitation(stage: Stage, cell: Cell) -> Parts:
    """All of them under the address of the project."""
    return {"project_id": stage.project.id, "invitation_id": stage.invitations[cell.about].id}, "", None


def _answer(stage: Stage, cell: Cell) -> Parts:
    tokens = {"to him": stage.tokens.get(cell.actor, "none"), "to another": stage.tokens["newcomer"], "unknown": "none"}
    return {}, "", {"token": tokens[cell.about]}


def _secrets(stage: Stage, cell: Cell) -> Parts:
    body = {"name": "NEW", "value": CANARY}
    if cell.about == "his own":
        return {}, "", body
    project_id = _project_ids(stage)[cell.about]
    return {}, f"?project_id={project_id}", body | {"project_id": str(project_id)}


def _batch(stage: Stage, cell: Cell) -> Parts:
    personal = {"name": "PERSONAL", "value": CANARY}
    shared = {"name": "SHARED", "value": CANARY, "project_id": str(stage.project.id)}
    foreign = {"name": "FOREIGN", "value": CANARY, "project_id": str(stage.other_project.id)}
    items = {
        "his own": [personal],
        "the project's": [personal, shared],
        "one foreign item": [personal, shared, foreign],
    }
    return {}, "", {"secrets": items[cell.about]}


def _secret(stage: Stage, cell: Cell) -> Parts:
    return {"secret_id": _secret_id(stage, cell)}, "", {"description": "Changed", "value": CANARY}


def _versions(stage: Stage, cell: Cell) -> Parts:
    return {"secret_id": _secret_id(stage, cell)}, "", None


def _restore(stage: Stage, cell: Cell) -> Parts:
    return {"secret_id": _secret_id(stage, cell), "version": 1}, "", None


def _tokens(stage: Stage, cell: Cell) -> Parts:
    body = {"name": "For CI", "scopes": ["secrets:read"]}
    if cell.about == "his own":
        return {}, "", body
    project_id = _project_ids(stage)[cell.about.removeprefix("of ")]
    return {}, "", body | {"project_id": str(project_id)}


def _token(stage: Stage, cell: Cell) -> Parts:
    return {"token_id": stage.service_tokens.get(cell.about, NO_TOKEN)}, "", None


def _grants(stage: Stage, cell: Cell) -> Parts:
    project_id = None if cell.about == "his own" else str(_project_ids(stage)[cell.about])
    return {}, "", {"project_id": project_id}


def _grant(stage: Stage, cell: Cell) -> Parts:
    return {"grant_id": stage.grants.get(cell.about, NO_GRANT)}, "", None


def _secret_id(stage: Stage, cell: Cell) -> Any:
    return stage.secrets[cell.about].id if cell.about in stage.secrets else NO_SECRET


def _project_ids(stage: Stage) -> dict[str, Any]:
    ids = {"the project": stage.project.id, "another project": stage.other_project.id, "no project": NO_PROJECT}
    return ids | {f"{name}'s": project_id for name, project_id in ids.items()}


REQUESTS: dict[str, Callable[[Stage, Cell], Parts]] = {
    "token": _password,
    "token-refresh": _refresh,
    "token-revoke": _refresh,
    "sign-out-everywhere": _nothing,
    "projects": _projects,
    "project": _project,
    "members": _members,
    "member": _member,
    "project-transfer": _transfer,
    "project-invitations": _invitations,
    "project-invitation": _invitation,
    "invitation-accept": _answer,
    "invitation-decline": _answer,
    "secrets": _secrets,
    "secrets-batch": _batch,
    "secret": _secret,
    "secret-versions": _versions,
    "secret-version-restore": _restore,
    "service-tokens": _tokens,
    "service-token": _token,
    "task-grants": _grants,
    "task-grant-explain": _grants,
    "task-grant": _grant,
    "openapi": _nothing,
    "docs": _nothing,
    "livez": _nothing,
    "readyz": _nothing,
    "metrics": _nothing,
}
