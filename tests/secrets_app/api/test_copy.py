"""POST /api/v1/secrets/{id}/copy: another secret with the same value. The action has tests of its own."""

from __future__ import annotations

from typing import Any

import pytest

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app.actions.tokens import create_token
from secrets_app.models import Secret
from tests.cast import CANARY, Api, ApiClient, make_project, make_secret
from tests.contract import SECRETS, assert_problem, stored_value


@pytest.fixture
def secret(member: Any) -> Secret:
    return Secret.objects.get(pk=make_secret(member, description="For CI", default_available=True).pk)


def at(secret: Secret) -> str:
    return f"{SECRETS}/{secret.pk}/copy"


def test_copy_goes_to_a_project_and_is_off(api: Api, member: Any, secret: Secret) -> None:
    beyond = make_project(member, name="Beyond")
    answer = api(member).post(at(secret), {"project_id": str(beyond.pk)})
    assert answer.status_code == 201, answer.content
    copy = answer.json()
    assert (copy["name"], copy["project_id"], copy["version"]) == (secret.name, str(beyond.pk), 1)
    assert (copy["description"], copy["default_available"]) == ("For CI", False)
    assert stored_value(copy["id"]) == CANARY
    assert CANARY not in answer.content.decode()


def test_copy_stays_with_the_owner_under_another_name(api: Api, member: Any, project: Project) -> None:
    original = make_secret(member, project_id=project.pk)
    client, path = api(member), f"{SECRETS}/{original.pk}/copy"
    assert client.post(path, {"name": "OTHER"}).json()["project_id"] == str(project.pk)
    assert client.post(path, {"name": "MINE", "project_id": None}).json()["project_id"] is None
    assert_problem(client.post(path, {}), 409, "name_taken")


def test_copy_is_made_once_for_each_key(api: Api, member: Any, secret: Secret) -> None:
    client, body = api(member), {"name": "OTHER"}
    first, again = (client.post(at(secret), body, Idempotency_Key="one") for _ in range(2))
    assert (first.status_code, again.json()) == (201, first.json())
    assert Secret.objects.count() == 2


@pytest.mark.parametrize("scope", ["runtime:use", "secrets:write"])
def test_token_needs_both_scopes(member: Any, secret: Secret, scope: str) -> None:
    token = create_token(actor=Actor.from_user(member), name="t", scopes=[scope])
    assert_problem(ApiClient(bearer=token.text).post(at(secret), {"name": "OTHER"}), 403, "scope_missing")
    assert Secret.objects.count() == 1
