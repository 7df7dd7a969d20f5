"""This site's own project stores a secret, and a task of the project gets the value."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

import projects
from projects.models import Collaborator, Project
from secrets_app.models import Secret
from secrets_app.python_api import service_token_for

VALUE = "studio-value-0123456789"


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(title="Alpha")


@pytest.fixture
def editor(project: Project) -> User:
    editor = User.objects.create_user("editor")
    Collaborator.objects.create(project=project, user=editor, may_edit=True)
    return editor


def post(path: str, token: str, body: dict[str, Any] | None = None) -> Any:
    return Client().post(f"/api/v1/{path}", body, "application/json", headers={"Authorization": f"Bearer {token}"})


def test_the_package_projects_is_this_sites_own() -> None:
    assert Path(projects.__file__).parent == Path(__file__).parent / "projects"
    assert Secret._meta.get_field("project").related_model is Project


def test_a_task_gets_the_secret_of_a_project(project: Project, editor: User) -> None:
    token = service_token_for(editor, name="build", scopes=["secrets:read", "secrets:write", "runtime:use"]).text
    created = post("secrets", token, {"name": "DEPLOY_KEY", "value": VALUE, "project_id": str(project.id)})
    assert created.status_code == 201, created.text
    assert VALUE not in created.text
    granted = post(
        "task-grants", token, {"secrets": ["DEPLOY_KEY"], "project_id": str(project.id), "task_id": "build-7"}
    )
    assert granted.status_code == 201, granted.text
    environment = post("runtime/environment", granted.json()["token"])
    assert environment.json()["environment"] == {"DEPLOY_KEY": VALUE}


def test_a_project_has_its_pages_in_the_frame_of_the_site(project: Project, editor: User) -> None:
    browser = Client()
    assert browser.get("/secrets/").headers["Location"] == "/accounts/login/?next=/secrets/"
    browser.force_login(editor)
    browser.post(f"/secrets/secrets/new/?project={project.pk}", {"name": "TOKEN", "value": VALUE})
    page = browser.get(f"/secrets/projects/{project.pk}/").content.decode()
    assert "The studio" in page
    assert "TOKEN" in page
    assert VALUE not in page
    assert browser.get(f"/secrets/projects/{project.pk}/members/").status_code == 404
