"""A team with an integer key stores a secret: through the API, the admin, the pages and the Python API."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from teams.models import Place, Team

from secrets_app.audit.refused_attempts import recorder
from secrets_app.audit.verification import verify
from secrets_app.models import AuditEvent, Secret
from secrets_app.python_api import end_membership, secrets_for, service_token_for

VALUE = "club-value-0123456789"


@pytest.fixture
def team(db: None) -> Team:
    # The second, so that its key is not the key of anything else here.
    Team.objects.create(name="Alpha")
    return Team.objects.create(name="Beta")


@pytest.fixture
def writer(team: Team) -> User:
    writer = User.objects.create_user("writer")
    Place.objects.create(team=team, user=writer, rank=Place.Rank.WRITER)
    return writer


@pytest.fixture
def browser(writer: User) -> Client:
    browser = Client()
    browser.force_login(writer)
    return browser


@pytest.fixture
def operator(db: None) -> Client:
    operator = Client()
    operator.force_login(User.objects.create_superuser("operator"))
    return operator


def ask(method: str, path: str, token: str, body: dict[str, Any] | None = None) -> Any:
    sent = json.dumps(body) if body else ""
    headers = {"Authorization": f"Bearer {token}"}
    return Client().generic(method, f"/api/v1/{path}", sent, "application/json", headers=headers)


def test_a_task_gets_the_secret_of_a_team(team: Team, writer: User) -> None:
    scopes = ["secrets:read", "secrets:write", "runtime:use"]
    token = service_token_for(writer, name="build", scopes=scopes, project=team).text
    code = str(team.code)
    created = ask("POST", "secrets", token, {"name": "DEPLOY_KEY", "value": VALUE, "project_id": code})
    assert (created.status_code, created.json()["project_id"]) == (201, code), created.text
    assert VALUE not in created.text
    (listed,) = ask("GET", f"secrets?project_id={code}", token).json()["results"]
    assert (listed["name"], listed["project_id"]) == ("DEPLOY_KEY", code)
    granted = ask("POST", "task-grants", token, {"secrets": ["DEPLOY_KEY"], "project_id": code, "task_id": "build"})
    environment = ask("POST", "runtime/environment", granted.json()["token"])
    assert environment.json()["environment"] == {"DEPLOY_KEY": VALUE}


def test_the_python_api_takes_a_team_or_its_code(team: Team, writer: User) -> None:
    secrets_for(writer, project=team).create("TOKEN", VALUE, default_available=True)
    for project in (team, team.code, str(team.code)):
        assert [secret.project_id for secret in secrets_for(writer, project=project).list()] == [team.code]
    secrets_for(writer).create("OWN", VALUE)
    assert secrets_for(writer).move("OWN", team).project_id == team.code
    token = secrets_for(writer, project=team).grant().text
    end_membership(writer, team)
    assert ask("POST", "runtime/environment", token).status_code == 401


def test_the_admin_adds_filters_and_names_the_team(operator: Client, team: Team, writer: User) -> None:
    form = {"name": "TOKEN", "new_value": VALUE, "project": str(team.code), "description": ""}
    added = operator.post("/admin/secrets_app/secret/add/", form, follow=True)
    assert Secret.objects.get().project == team, added.text
    secrets_for(writer).create("OWN", VALUE)
    offered = operator.get(
        "/admin/autocomplete/?"
        + urlencode({"app_label": "secrets_app", "model_name": "secret", "field_name": "project"})
    )
    assert {row["id"] for row in offered.json()["results"]} == {str(each.code) for each in Team.objects.all()}
    listed = operator.get(f"/admin/secrets_app/secret/?project__code__exact={team.code}")
    assert [row.name for row in listed.context["cl"].result_list] == ["TOKEN"]
    assert "Beta" in listed.text
    logged = operator.get("/admin/secrets_app/auditevent/?q=Beta").text
    assert f'"/admin/teams/team/{team.pk}/change/"' in listed.text
    assert "Beta" in logged
    assert VALUE not in added.text + listed.text + logged


def test_the_pages_show_the_secrets_of_the_team(browser: Client, team: Team) -> None:
    browser.post(f"/secrets/secrets/new/?project={team.code}", {"name": "TOKEN", "value": VALUE})
    page = browser.get(f"/secrets/projects/{team.code}/")
    assert "TOKEN" in page.text
    assert "Beta" in page.text
    assert VALUE not in page.text
    assert browser.get(f"/secrets/projects/{Team.objects.exclude(pk=team.pk).get().code}/").status_code == 404


def test_a_refused_attempt_is_in_the_log_of_the_team(team: Team) -> None:
    # Attempts of other tests, whose users had the same keys.
    recorder.clear()
    stranger = Client()
    stranger.force_login(User.objects.create_user("stranger"))
    assert stranger.get(f"/api/v1/secrets?project_id={team.code}").status_code == 403
    recorder.settle(everything=True)
    assert AuditEvent.objects.filter(event="access.denied", actor_label="stranger", project_id=team.code).exists()


def test_a_deleted_team_takes_its_secrets_along(team: Team, writer: User) -> None:
    secrets_for(writer, project=team).create("TOKEN", VALUE)
    secrets_for(writer).create("OWN", VALUE)
    team.delete()
    assert [secret.name for secret in Secret.objects.all()] == ["OWN"]
    call_command("audit", "chain", verbosity=0)
    assert verify().is_clean


def test_nothing_is_to_be_mended(db: None) -> None:
    call_command("check", fail_level="WARNING")
    call_command("makemigrations", check_changes=True, dry_run=True)
