"""POST /api/v1/secrets/set: a secret by its name, whether it is there or not."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app.actions import setting
from secrets_app.actions.tokens import create_token
from secrets_app.models import AuditEvent, Secret
from tests.cast import CANARY, Api, ApiClient, make_secret
from tests.contract import DETAIL_FIELDS, SECRETS, assert_problem, invalid_fields, stored_value

SET = f"{SECRETS}/set"
BODY = {"name": "TOKEN", "value": CANARY}
DETAILS = {"default_available": True, "description": "For CI", "expires_at": "2040-01-31T12:00:00Z"}


def by_token(user: Any, *scopes: str) -> ApiClient:
    return ApiClient(bearer=create_token(actor=Actor.from_user(user), name="t", scopes=list(scopes)).text)


@pytest.mark.parametrize("slash", ["", "/"])
def test_new_secret_has_all_at_once(api: Api, member: Any, slash: str) -> None:
    answer = api(member).post(SET + slash, BODY | DETAILS)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made.keys() == DETAIL_FIELDS
    assert {name: made[name] for name in DETAILS} == DETAILS
    assert (made["version"], answer.headers["ETag"]) == (1, '"1"')
    assert stored_value(made["id"]) == CANARY
    assert CANARY not in answer.content.decode()
    assert [event.event for event in AuditEvent.objects.about(made["id"])] == ["secret.created"]


def test_secret_that_is_there_gets_a_version_and_keeps_the_rest(api: Api, member: Any, project: Project) -> None:
    secret = make_secret(member, project_id=project.pk, value="first", description="First", default_available=True)
    body = BODY | {"project_id": str(project.pk), "expires_at": DETAILS["expires_at"]}
    answer = api(member).post(SET, body)
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["id"], shown["version"], stored_value(secret.pk)) == (str(secret.pk), 2, CANARY)
    assert (shown["description"], shown["default_available"]) == ("First", True)
    assert shown["expires_at"] == DETAILS["expires_at"]


def test_null_leaves_availability_and_takes_the_expiry_away(api: Api, member: Any) -> None:
    client = api(member)
    client.post(SET, BODY | DETAILS)
    shown = client.post(SET, BODY | {"default_available": None, "expires_at": None}).json()
    assert (shown["default_available"], shown["expires_at"], shown["version"]) == (True, None, 2)


def test_person_exempts_a_new_secret_and_a_token_does_not(api: Api, member: Any) -> None:
    exempt = BODY | {"is_exempt_from_redaction": True}
    refused = by_token(member, "secrets:write").post(SET, exempt)
    assert_problem(refused, 403, "scope_missing")
    assert not Secret.objects.exists()
    made = api(member).post(SET, exempt)
    assert (made.status_code, made.json()["is_exempt_from_redaction"]) == (201, True)
    assert made.headers["ETag"] == '"2"'


@override_settings(SECRETS_APP={**settings.SECRETS_APP, "MAX_SECRETS_PER_SCOPE": 1})
def test_full_owner_may_still_set_what_is_there(api: Api, member: Any) -> None:
    client = api(member)
    assert client.post(SET, BODY).status_code == 201
    assert client.post(SET, BODY).status_code == 200
    assert_problem(client.post(SET, BODY | {"name": "OTHER"}), 409, "scope_full")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name", "value"}),
        (BODY | {"name": "lower"}, {"name"}),
        (BODY | {"value": ""}, {"value"}),
        (BODY | {"expires_at": "soon", "description": "x" * 501}, {"expires_at", "description"}),
        (BODY | {"created_by_agent": True}, {"body"}),
    ],
)
def test_invalid_body_changes_nothing(api: Api, member: Any, body: dict[str, Any], fields: set[str]) -> None:
    assert invalid_fields(api(member).post(SET, body)) == fields
    assert not Secret.objects.exists()


def test_name_that_is_lost_to_another_request_is_set(api: Api, member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another request creates the secret after this one has looked for it."""
    create, made = setting._create, []

    def create_late(*arguments: Any) -> Secret:
        made.append(make_secret(member, value="the other's"))
        return create(*arguments)

    monkeypatch.setattr(setting, "_create", create_late)
    answer = api(member).post(SET, BODY)
    assert (answer.status_code, answer.json()["version"], len(made)) == (200, 2, 1)
    assert stored_value(answer.json()["id"]) == CANARY
