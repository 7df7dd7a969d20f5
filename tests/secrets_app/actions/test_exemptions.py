"""Secrets that are exempt from redaction: people exempt them, and a value that a token sets ends it."""

from __future__ import annotations

from typing import Any

import pytest

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app.actions.secrets import restore_version, update_secret
from secrets_app.actions.tokens import create_token
from secrets_app.models import AuditEvent, Secret
from secrets_app.plaintext import Plaintext
from secrets_app.python_api import secrets_for
from tests.cast import Api, make_secret
from tests.secrets_app.task import MakeTask

SECRETS = "/api/v1/secrets"
EXEMPT = {"is_exempt_from_redaction": True}
WORD, OTHER = "production", "staging-area"


@pytest.fixture
def secret(member: Any, project: Project) -> Secret:
    return make_secret(member, name="ENVIRONMENT", value=WORD, project_id=project.id, default_available=True)


@pytest.fixture
def exempt(member: Any, secret: Secret) -> Secret:
    return update_secret(actor=Actor.from_user(member), secret_id=secret.id, changes=EXEMPT)


@pytest.fixture
def token(member: Any) -> dict[str, str]:
    """The header of a service token of the member that may write."""
    new = create_token(actor=Actor.from_user(member), name="ci", scopes=["secrets:read", "secrets:write"])
    return {"Authorization": f"Bearer {new.text}"}


def is_exempt(secret: Secret) -> bool:
    return Secret.objects.get(pk=secret.pk).is_exempt_from_redaction


def data_of_last(event: str) -> dict[str, Any]:
    data: dict[str, Any] = AuditEvent.objects.filter(event=event).latest("pk").data
    return data


def test_a_member_exempts_a_secret_and_redacts_it_again(secret: Secret, member: Any, api: Api) -> None:
    address = f"{SECRETS}/{secret.id}"
    assert api(member).get(address).json()["is_exempt_from_redaction"] is False
    assert api(member).patch(address, EXEMPT).json()["is_exempt_from_redaction"] is True
    assert data_of_last("secret.updated") == {"changed": ["is_exempt_from_redaction"], "version": 1, **EXEMPT}
    assert api(member).patch(address, {"is_exempt_from_redaction": False}).json()["is_exempt_from_redaction"] is False
    assert not is_exempt(secret)


def test_a_viewer_exempts_nothing(secret: Secret, viewer: Any, api: Api) -> None:
    assert api(viewer).patch(f"{SECRETS}/{secret.id}", EXEMPT).status_code == 403
    assert not is_exempt(secret)


@pytest.mark.parametrize("exempted", [True, False])
def test_a_service_token_changes_no_exemption(secret: Secret, token: dict[str, str], api: Api, exempted: bool) -> None:
    Secret.objects.update(is_exempt_from_redaction=not exempted)
    body = {"description": "new", "is_exempt_from_redaction": exempted}
    answer = api(None).patch(f"{SECRETS}/{secret.id}", body, **token)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert is_exempt(secret) is not exempted
    assert Secret.objects.get().description == ""


def test_nobody_creates_an_exempt_secret(member: Any, api: Api) -> None:
    """The create endpoint takes the fields of the contract, and no others."""
    assert api(member).post(SECRETS, {"name": "A", "value": WORD, **EXEMPT}).status_code == 400


def test_a_persons_new_value_keeps_the_exemption(exempt: Secret, member: Any, api: Api) -> None:
    assert api(member).patch(f"{SECRETS}/{exempt.id}", {"value": OTHER}).json()["is_exempt_from_redaction"] is True


def test_a_tokens_new_value_ends_the_exemption(exempt: Secret, token: dict[str, str], api: Api) -> None:
    answer = api(None).patch(f"{SECRETS}/{exempt.id}", {"description": "new"}, **token)
    assert answer.json()["is_exempt_from_redaction"] is True
    answer = api(None).patch(f"{SECRETS}/{exempt.id}", {"value": OTHER}, **token)
    assert answer.json()["is_exempt_from_redaction"] is False
    assert data_of_last("secret.updated") == {
        "changed": ["is_exempt_from_redaction", "value"], "version": 2, "is_exempt_from_redaction": False,
    }  # fmt: skip


def test_a_tokens_import_ends_the_exemption(exempt: Secret, token: dict[str, str], project: Project, api: Api) -> None:
    body = {"project_id": str(project.id), "on_conflict": "replace", "secrets": [{"name": exempt.name, "value": OTHER}]}
    assert api(None).post(f"{SECRETS}/import", body, **token).status_code == 200
    assert not is_exempt(exempt)


def test_a_token_that_restores_a_version_ends_the_exemption(
    exempt: Secret, member: Any, token: dict[str, str], api: Api
) -> None:
    update_secret(actor=Actor.from_user(member), secret_id=exempt.id, value=Plaintext(OTHER))
    restore_version(actor=Actor.from_user(member), secret_id=exempt.id, version=1)
    assert is_exempt(exempt)
    assert api(None).post(f"{SECRETS}/{exempt.id}/versions/2/restore", {}, **token).status_code == 200
    assert not is_exempt(exempt)
    assert data_of_last("secret.restored")["is_exempt_from_redaction"] is False


def test_the_environment_names_what_is_exempt_now(
    exempt: Secret, member: Any, project: Project, make_task: MakeTask, api: Api
) -> None:
    make_secret(member, name="TOKEN", value=OTHER, project_id=project.id, default_available=True)
    first, second = make_task(member, project_id=project.id), make_task(member, project_id=project.id)
    update_secret(actor=Actor.from_user(member), secret_id=exempt.id, value=Plaintext("development"))
    answer = first.fetch().json()
    assert answer == {"environment": {"ENVIRONMENT": WORD, "TOKEN": OTHER}, "exempt_from_redaction": ["ENVIRONMENT"]}
    Secret.objects.update(is_exempt_from_redaction=False)
    assert second.fetch().json()["exempt_from_redaction"] == []


@pytest.mark.django_db(transaction=True)
def test_the_python_api_leaves_an_exempt_value_readable(member: Any) -> None:
    secrets = secrets_for(member)
    secrets.create("ENVIRONMENT", WORD)
    secrets.create("TOKEN", OTHER)
    assert secrets.update("ENVIRONMENT", is_exempt_from_redaction=True).is_exempt_from_redaction
    assert secrets.environment("ENVIRONMENT", "TOKEN").redact(f"{WORD} {OTHER}") == f"{WORD} {{{{$TOKEN}}}}"
