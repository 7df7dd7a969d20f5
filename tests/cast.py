"""The people and things of the tests, made the way the site makes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth import get_user_model
from django.test import Client

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from neo_site.signin.actions import sign_in
from projects.actions import create_project
from projects.audit import record_member
from projects.invitation_actions import invite
from projects.models import Invitation, Membership, Project
from projects.tokens import digest, new_token
from secrets_app.actions.creation import Draft, create_secret
from secrets_app.models import Secret
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from tests.openapi import assert_documented

PASSWORD = "correct horse battery staple"
CANARY = "CANARY-6f1d9e-do-not-show"

User = get_user_model()


EMPTY_BODIES: dict[str, Any] = {"POST": {}, "PATCH": {}}
"""An empty body for each method that takes one."""


class ApiClient:
    """JSON requests as one user (None: nobody), or with the token that is given.

    Each answer is held against the OpenAPI document.
    """

    def __init__(self, user: Any = None, *, bearer: str = "") -> None:
        self.user = user
        self._client = Client(raise_request_exception=False)
        token = bearer if user is None else sign_in(user=user).access
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """`body` is sent as it is when it is bytes, else as JSON."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **self._headers, **_names(headers)}
        answer = self._client.generic(method, path, raw, sent.pop("Content-Type"), headers=sent)
        if path.startswith("/api/v1/"):
            content_type = answer.headers.get("Content-Type", "")
            assert_documented(method, path.split("?")[0], answer.status_code, content_type, answer.content)
        return answer

    def get(self, path: str, **headers: str) -> Any:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.request("DELETE", path, **headers)


Api = Callable[[Any], ApiClient]


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def make_user(username: str, **flags: Any) -> Any:
    return User._default_manager.create_user(username, f"{username}@example.com", PASSWORD, **flags)


def make_project(admin: Any, *, name: str = "", **members: Role) -> Project:
    """A project of `admin`, with `members` as username=role.

    They are stored as `add_member` leaves them, but in one statement: some thousand tests begin with a project.
    """
    actor = Actor.from_user(admin)
    project = create_project(actor=actor, name=name)
    users = {user.get_username(): user for user in User._default_manager.filter(username__in=members)}
    joined = [Membership(project=project, user=users[username], role=role) for username, role in members.items()]
    for membership in Membership.objects.bulk_create(joined):
        record_member("member.added", actor=actor, membership=membership, role=membership.role)
    return project


class Invited(NamedTuple):
    row: Invitation
    token: str


def make_invitation(inviter: Any, project: Project, email: str, role: Role = Role.MEMBER) -> Invited:
    """An open invitation and its token, which otherwise only the mail holds: the stored digest is exchanged."""
    row, token = invite(actor=Actor.from_user(inviter), project_id=project.id, email=email, role=role), new_token()
    row.token_digest = digest(token)
    row.save(update_fields=["token_digest"])
    return Invited(row, token)


def make_secret(
    actor: Any, *, name: str = "TOKEN", value: str = CANARY, project_id: UUID | None = None, **columns: Any
) -> Secret:
    """A secret made by the user `actor`, personal or of the project."""
    owner = Owner.of(actor.pk, project_id)
    draft = Draft(owner=owner, name=name, value=Plaintext(value), **columns)
    return create_secret(actor=Actor.from_user(actor), draft=draft)
