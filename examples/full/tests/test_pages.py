"""The pages of secrets in this site's own frame, behind its own sign-in, with its own workspaces."""

import pytest
from accounts.models import Person
from django.test import Client
from workspaces.models import Seat, Workspace

VALUE = "office-value-0123456789"


@pytest.fixture
def workspace(db: None) -> Workspace:
    return Workspace.objects.create(title="Alpha")


@pytest.fixture
def editor(workspace: Workspace) -> Person:
    editor = Person.objects.create_user("editor@example.com", "correct horse battery staple")
    Seat.objects.create(workspace=workspace, person=editor, level=Seat.Level.EDITOR)
    return editor


def test_a_visitor_signs_in_here_and_is_led_back(editor: Person) -> None:
    browser = Client()
    asked = browser.get("/safe/tokens/", follow=True)
    assert asked.redirect_chain == [("/sign-in/?next=/safe/tokens/", 302)]
    assert "Sign in to the office" in asked.text
    sent = {"username": "editor@example.com", "password": "correct horse battery staple", "next": "/safe/tokens/"}
    assert browser.post("/sign-in/", sent).headers["Location"] == "/safe/tokens/"


def test_a_workspace_has_its_pages_in_the_frame_of_the_site(editor: Person, workspace: Workspace) -> None:
    browser = Client()
    browser.force_login(editor)
    address = f"/safe/projects/{workspace.pk}/"
    browser.post(f"/safe/secrets/new/?project={workspace.pk}", {"name": "TOKEN", "value": VALUE})
    page = browser.get(address)
    assert "TOKEN" in page.text
    assert VALUE not in page.text
    assert '<header><a href="/safe/">The office</a></header>' in page.text
    told = browser.post("/safe/tasks/", {"project": str(workspace.pk), "names": "TOKEN"})
    assert "The task selects it." in told.text


def test_pages_of_projects_that_are_not_ours_are_not_there(editor: Person, workspace: Workspace) -> None:
    browser = Client()
    browser.force_login(editor)
    assert browser.get(f"/safe/projects/{workspace.pk}/members/").status_code == 404
    assert "/members/" not in browser.get(f"/safe/projects/{workspace.pk}/tokens/").text
