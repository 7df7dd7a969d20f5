"""What is sent: path, query and body, by route and by what a line of the table is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from django.urls import reverse

from tests.authorization.actors import Actor
from tests.authorization.stage import NEVER_MADE, Player, Stage
from tests.authorization.table import Question
from tests.cast import CANARY


class Sent(NamedTuple):
    path: str
    body: Any


class Asked(NamedTuple):
    """One actor's question, with what stands on the stage for its words."""

    stage: Stage
    question: Question
    actor: Actor

    @property
    def about(self) -> str:
        return self.question.about

    @property
    def player(self) -> Player:
        return self.stage.players[self.actor.name]

    @property
    def project_id(self) -> UUID:
        """The project that `whose` names last, or `about` where it is nobody's."""
        gone = {"deleted": self.stage.deleted_project, "shared when nothing is": self.stage.projects["the team"].id}
        ids = {name: project.id for name, project in self.stage.projects.items()}
        ids |= {"own project": self.player.project_id, "nobody": gone.get(self.about, NEVER_MADE)}
        return ids[self.question.places[-1]]

    def mine(self, ids: dict[tuple[str, str], UUID], about: str) -> UUID:
        whose = self.question.whose.replace("self", self.actor.name)
        return ids.get((whose, about), NEVER_MADE)

    @property
    def user_id(self) -> Any:
        users = {
            "a colleague": self.stage.colleague.pk,
            "no member": self.stage.outsider.pk,
            "self": self.player.user_id,
            "no user": 999_999_999,
        }
        return users[self.about]


Parts = tuple[dict[str, Any], str, Any]


def request_of(question: Question, actor: Actor, stage: Stage) -> Sent:
    """The request; one that reads or deletes has no body, and one that writes no query."""
    arguments, query, body = REQUESTS[question.route](Asked(stage, question, actor))
    reads = question.method in ("GET", "HEAD", "DELETE")
    return Sent(reverse(question.route, kwargs=arguments) + (query if reads else ""), None if reads else body)


def _nothing(asked: Asked) -> Parts:
    return {}, "", None


def _password(asked: Asked) -> Parts:
    return {}, "", {"username": asked.actor.name, "password": asked.player.shown.password}


def _account(asked: Asked) -> Parts:
    return {}, "", {"email": f"new-{asked.actor.name}@example.com"}


def _new_password(asked: Asked) -> Parts:
    return {}, "", {"current_password": asked.player.shown.password, "new_password": "quite another password"}


def _own_session(asked: Asked) -> Parts:
    rows = {"present": asked.player.shown.row, "a colleague's": asked.stage.colleague_session}
    return {"session_id": str(getattr(rows.get(asked.about), "pk", NEVER_MADE))}, "", None


def _refresh(asked: Asked) -> Parts:
    return {}, "", {"refresh": asked.player.shown.refresh}


def _projects(asked: Asked) -> Parts:
    taken = {"id": str(asked.stage.projects["another project"].id)}
    return {}, "", taken if asked.about == "an id that is taken" else {"name": "New"}


def _project(asked: Asked) -> Parts:
    return {"project_id": asked.project_id}, "", {"name": "Renamed"}


def _members(asked: Asked) -> Parts:
    username = "outsider" if asked.about == "new" else "colleague"
    return {"project_id": asked.project_id}, "", {"username": username, "role": "viewer"}


def _member(asked: Asked) -> Parts:
    return {"project_id": asked.project_id, "user_id": asked.user_id}, "", {"role": "viewer"}


def _transfer(asked: Asked) -> Parts:
    return {"project_id": asked.project_id}, "", {"user_id": asked.user_id}


def _invitations(asked: Asked) -> Parts:
    return {"project_id": asked.project_id}, "", {"email": "somebody@example.com", "role": "viewer"}


def _invitation(asked: Asked) -> Parts:
    ids = {state: made.id for state, made in asked.stage.invitations_into[asked.question.whose].items()}
    ids["another project's"] = asked.stage.invitations_into["another project"]["open"].id
    return {"project_id": asked.project_id, "invitation_id": ids.get(asked.about, NEVER_MADE)}, "", None


def _answer(asked: Asked) -> Parts:
    made = asked.stage.invitations_to.get((asked.actor.name, asked.about))
    return {}, "", {"token": made.token if made else "none"}


def _secrets(asked: Asked) -> Parts:
    body: dict[str, Any] = {"name": "NEW" if asked.about == "new" else "TOKEN", "value": CANARY}
    if asked.question.whose == "self":
        return {}, "", body
    return {}, f"?project_id={asked.project_id}", body | {"project_id": str(asked.project_id)}


def _batch(asked: Asked) -> Parts:
    """One secret for each place, the last with a name that is taken where that is asked for."""
    projects = {name: str(project.id) for name, project in asked.stage.projects.items()}
    items = [{"name": "NEW", "value": CANARY, "project_id": projects.get(place)} for place in asked.question.places]
    items[-1] |= {"name": "NEW" if asked.about == "new" else "TOKEN"}
    return {}, "", {"secrets": items}


def _import(asked: Asked) -> Parts:
    name, _, on_conflict = asked.about.partition(" to ")
    item = {"name": "NEW" if name == "new" else "TOKEN", "value": CANARY}
    body: dict[str, Any] = {"secrets": [item], "on_conflict": on_conflict or "refuse"}
    return {}, "", body if asked.question.whose == "self" else body | {"project_id": str(asked.project_id)}


def _secret(asked: Asked) -> Parts:
    if asked.about == "to be moved":
        moved = asked.stage.secrets[asked.actor.name, "to be moved"]
        return {"secret_id": moved}, "", {"project_id": str(asked.project_id), "name": "NEW"}
    return {"secret_id": asked.mine(asked.stage.secrets, asked.about)}, "", {"description": "Changed", "value": CANARY}


def _copy(asked: Asked) -> Parts:
    if asked.about == "to be moved":
        return _secret(asked)
    return {"secret_id": asked.mine(asked.stage.secrets, asked.about)}, "", {"name": "COPIED"}


def _audit(asked: Asked) -> Parts:
    return {}, "" if asked.question.whose == "self" else f"?project_id={asked.project_id}", None


def _versions(asked: Asked) -> Parts:
    return {"secret_id": asked.mine(asked.stage.secrets, asked.about)}, "", None


def _restore(asked: Asked) -> Parts:
    version = {"the present version": 2, "no version": 3}.get(asked.about, 1)
    return {"secret_id": asked.mine(asked.stage.secrets, "present"), "version": version}, "", None


def _tokens(asked: Asked) -> Parts:
    body: dict[str, Any] = {"name": "For CI", "scopes": ["secrets:read"]}
    if asked.question.whose == "self":
        return {}, "", body
    return {}, f"?project_id={asked.project_id}", body | {"project_id": str(asked.project_id)}


def _grants(asked: Asked) -> Parts:
    project_id = None if asked.question.whose in ("self", "wherever") else str(asked.project_id)
    scopes = ["secrets:create"] if asked.about == "one that may create secrets" else []
    names = ["UNKNOWN"] if asked.about == "of an unknown secret" else None
    return {}, "", {"project_id": project_id, "scopes": scopes, "secrets": names}


def _grant(asked: Asked) -> Parts:
    return {"grant_id": asked.mine(asked.stage.grants, asked.about)}, "", None


def _remembered(asked: Asked) -> Parts:
    return {}, "" if asked.question.whose == "wherever" else f"?project_id={asked.project_id}", None


def _task_secret(asked: Asked) -> Parts:
    return {}, "", {"name": "NEW", "value": CANARY}


def _token(asked: Asked) -> Parts:
    return {"token_id": asked.mine(asked.stage.service_tokens, asked.about)}, "", None


def _device_codes(asked: Asked) -> Parts:
    return {}, "", {"client_id": "neo", "host": "laptop"}


def _device_token(asked: Asked) -> Parts:
    grant_type = "urn:ietf:params:oauth:grant-type:device_code"
    return {}, "", {"grant_type": grant_type, "device_code": asked.about, "client_id": "neo"}


REQUESTS: dict[str, Callable[[Asked], Parts]] = {
    "token": _password,
    "token-refresh": _refresh,
    "token-revoke": _refresh,
    "device-codes": _device_codes,
    "device-token": _device_token,
    "sign-out-everywhere": _nothing,
    "user": _account,
    "user-password": _new_password,
    "user-sessions": _nothing,
    "user-session": _own_session,
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
    "secrets-import": _import,
    "secret-set": _secrets,
    "secret": _secret,
    "secret-copy": _copy,
    "secret-versions": _versions,
    "secret-uses": _versions,
    "audit": _audit,
    "secret-version-restore": _restore,
    "service-tokens": _tokens,
    "service-token": _token,
    "task-grants": _grants,
    "task-grant-explain": _grants,
    "task-grant": _grant,
    "secret-promote": _versions,
    "remembered-secrets": _remembered,
    "runtime-environment": _nothing,
    "runtime-secrets": _task_secret,
    **dict.fromkeys(["openapi", "docs", "livez", "readyz", "writez", "metrics"], _nothing),
}
