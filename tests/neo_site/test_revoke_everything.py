"""`manage.py revoke_everything`: no credential issued before it works, and the audit log has each."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from neo_base import progress
from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from neo_site.signin.actions import sign_in
from neo_site.signin.models import Session
from projects.invitation_actions import invite
from projects.models import Invitation, Project
from secrets_app.actions.grants import GrantRequest, create_grant
from secrets_app.actions.tokens import create_token
from secrets_app.models import AuditEvent, ServiceToken, TaskGrant
from tests.cast import Api


@pytest.fixture
def credentials(admin: Any, project: Project) -> dict[str, Any]:
    actor = Actor.from_user(admin)
    browser = Client()
    browser.force_login(admin)
    invite(actor=actor, project_id=project.id, email="somebody@example.com", role=Role.VIEWER)
    create_grant(actor=actor, grant_request=GrantRequest())
    token = create_token(actor=actor, name="CI", scopes=["secrets:read"]).text
    return {"access": sign_in(user=admin).access, "token": token, "browser": browser}


def statuses(api: Api, credentials: dict[str, Any]) -> list[int]:
    bearers = [{"Authorization": f"Bearer {credentials[name]}"} for name in ("access", "token")]
    return [api(None).get("/api/v1/secrets", **headers).status_code for headers in bearers]


def test_every_credential_is_revoked_and_recorded(api: Api, credentials: dict[str, Any]) -> None:
    assert statuses(api, credentials) == [200, 200]
    call_command("revoke_everything", "--yes", stdout=StringIO())
    assert statuses(api, credentials) == [401, 401]
    assert "_auth_user_id" not in credentials["browser"].session
    left = (Session.objects.live(), ServiceToken.objects.usable(), TaskGrant.objects.open(), Invitation.objects.live())
    assert [rows.count() for rows in left] == [0, 0, 0, 0]
    recorded = set(AuditEvent.objects.values_list("event", flat=True))
    assert {"sessions.revoked", "token.revoked", "grant.revoked", "invitation.revoked"} <= recorded


def test_it_says_how_far_it_is(credentials: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    told = StringIO()
    call_command("revoke_everything", "--yes", stdout=StringIO(), stderr=told)
    assert told.getvalue().splitlines() == ["1 credentials", "2 credentials", "3 credentials"]


def test_without_yes_credentials_are_only_counted(api: Api, credentials: dict[str, Any]) -> None:
    output = StringIO()
    with pytest.raises(CommandError, match="--yes"):
        call_command("revoke_everything", stdout=output)
    assert "1 service tokens, 1 task grants, 1 invitations" in output.getvalue()
    assert statuses(api, credentials) == [200, 200]


def test_a_second_run_finds_nothing(credentials: dict[str, Any]) -> None:
    call_command("revoke_everything", "--yes", stdout=StringIO())
    output = StringIO()
    call_command("revoke_everything", "--yes", stdout=output)
    assert output.getvalue().startswith("0 sessions, 0 admin sessions, 0 service tokens")
