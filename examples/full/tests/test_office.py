"""The site's own API, beside the secrets API."""

from typing import Any

import pytest
from accounts.models import Person
from django.core.checks import run_checks
from django.db import transaction
from django.test import Client
from rest_framework.authentication import SessionAuthentication
from rest_framework.test import APIRequestFactory
from workspaces.models import Seat, Workspace
from workspaces.views import DeploymentView, WorkspaceListView

from secrets_app.models.token import TokenScope
from secrets_app.python_api import secrets_for, service_token_for

VALUE = "office-value-0123456789"


@pytest.fixture
def editor(db: None) -> Person:
    return Person.objects.create_user("editor@example.com", "correct horse battery staple")


@pytest.fixture
def workspace(editor: Person) -> Workspace:
    workspace = Workspace.objects.create(title="Alpha")
    Seat.objects.create(workspace=workspace, person=editor, level=Seat.Level.EDITOR)
    return workspace


@pytest.fixture
def browser(editor: Person) -> Client:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(editor)
    return browser


def post(browser: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return browser.post(path, body, "application/json", headers=headers)


def test_a_session_without_its_csrf_token_changes_nothing(browser: Client) -> None:
    answer = post(browser, "/vault/secrets", {"name": "TOKEN", "value": VALUE})
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")


def test_a_session_creates_a_secret_of_a_workspace(browser: Client, workspace: Workspace) -> None:
    browser.cookies["csrftoken"] = token = "a" * 32
    body = {"name": "TOKEN", "value": VALUE, "project_id": str(workspace.key)}
    answer = post(browser, "/vault/secrets", body, **{"X-CSRFToken": token})
    assert answer.status_code == 201, answer.content
    assert VALUE not in answer.text


def test_the_sites_own_errors_stay_its_own(editor: Person, workspace: Workspace) -> None:
    browser = Client()
    assert browser.get("/api/workspaces").json().keys() == {"sorry"}
    browser.force_login(editor)
    refused = browser.post("/api/workspaces/3f0c5a86-4d2e-4a11-9d4e-0a7c1c6f5b10/deployments")
    assert (refused.status_code, refused.json().keys()) == (403, {"sorry"})


@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key"])
def test_the_sites_own_api_answers_as_before_secrets_app(editor: Person, workspace: Workspace, header: str) -> None:
    token = service_token_for(editor, name="build", scopes=TokenScope.values).text
    headers = {header: token if header == "X-Api-Key" else f"Bearer {token}"}
    deployments = f"/api/workspaces/{workspace.key}/deployments"
    for view, method, path, values in (
        (WorkspaceListView, "GET", "/api/workspaces", {}),
        (DeploymentView, "POST", deployments, {"key": workspace.key}),
    ):
        with_sessions_only = view.as_view(authentication_classes=[SessionAuthentication])
        with transaction.atomic():
            before = with_sessions_only(APIRequestFactory().generic(method, path), **values)
        assert before.status_code == 403
        for sent in ({}, headers):
            answer = Client().generic(method, path, headers=sent)
            assert (answer.status_code, answer.json()) == (403, before.data)
            assert "WWW-Authenticate" not in answer.headers
    assert Client().get("/vault/secrets", headers=headers).status_code == 200


def test_the_sites_own_api_asks_for_secrets(editor: Person, workspace: Workspace) -> None:
    browser = Client()
    browser.force_login(editor)
    path = f"/api/workspaces/{workspace.key}/deployments"
    assert browser.post(path).json() == {"ready": False}
    secrets_for(editor, project=workspace).create("DEPLOY_KEY", VALUE)
    assert browser.post(path).json() == {"ready": True}


def test_who_leaves_a_workspace_gets_nothing_when_they_come_back(editor: Person, workspace: Workspace) -> None:
    browser, path = Client(), f"/api/workspaces/{workspace.key}/seat"
    browser.force_login(editor)
    secrets_for(editor, project=workspace).create("DEPLOY_KEY", VALUE)
    task = secrets_for(editor, project=workspace).grant("DEPLOY_KEY").text
    token = service_token_for(editor, name="build", scopes=["secrets:read"], project=workspace).text
    assert _statuses(workspace, task, token) == (200, 200)
    assert browser.delete(path).status_code == 204
    Seat.objects.create(workspace=workspace, person=editor, level=Seat.Level.EDITOR)
    assert _statuses(workspace, task, token) == (401, 401)


def _statuses(workspace: Workspace, task: str, token: str) -> tuple[int, int]:
    """What a task and a service token are answered."""
    environment = post(Client(), "/vault/runtime/environment", {}, Authorization=f"Bearer {task}")
    secrets = Client().get(f"/vault/secrets?project_id={workspace.key}", headers={"Authorization": f"Bearer {token}"})
    return environment.status_code, secrets.status_code


def test_signing_out_ends_what_the_session_granted(browser: Client) -> None:
    browser.cookies["csrftoken"] = token = "a" * 32
    made = post(browser, "/vault/task-grants", {}, **{"X-CSRFToken": token}).json()["token"]
    task = {"Authorization": f"Bearer {made}"}
    assert post(Client(), "/vault/runtime/environment", {}, **task).status_code == 200
    browser.logout()
    assert post(Client(), "/vault/runtime/environment", {}, **task).status_code == 401


def test_client_address_is_checked_without_projects(db: None, settings: Any) -> None:
    settings.NEO_BASE = {"CLIENT_ADDRESS": "office.nowhere"}
    assert [each.id for each in run_checks()] == ["neo_base.E003"]
