"""The pages of secrets in this site's admin, where the primary keys of people and workspaces are not called `id`."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from accounts.models import Person
from django.test import Client
from workspaces.models import Seat, Workspace

from secrets_app.models import Secret
from secrets_app.python_api import secrets_for, service_token_for

VALUE = "office-value-0123456789"
ADMIN = "/back-office/"
LISTS = ["secret", "datakey", "servicetoken", "taskgrant"]


@pytest.fixture
def workspace(db: None) -> Workspace:
    workspace = Workspace.objects.create(title="Alpha")
    person = Person.objects.create_user("editor@example.com")
    Seat.objects.create(workspace=workspace, person=person, level=Seat.Level.EDITOR)
    return workspace


@pytest.fixture
def operator(db: None) -> Client:
    browser = Client()
    browser.force_login(Person.objects.create_superuser("operator@example.com"))
    return browser


@pytest.fixture
def stored(workspace: Workspace) -> None:
    """Store two of everything: one in the workspace, and one that is personal to the editor."""
    editor = Person.objects.get(email="editor@example.com")
    for project in (workspace, None):
        secrets = secrets_for(editor, project=project)
        secrets.create("TOKEN", VALUE, default_available=True)
        secrets.grant()
        service_token_for(editor, name="build", scopes=["secrets:read"], project=project)


def read(operator: Client, address: str) -> Any:
    answer = operator.get(address, follow=True)
    # Django redirects a list with a filter that it does not know to the same list with `?e=1`.
    followed = [to for to, _ in answer.redirect_chain if "?e=1" in to]
    assert (address, answer.status_code, followed) == (address, 200, [])
    return answer


def test_a_secret_is_added_and_listed(operator: Client, workspace: Workspace) -> None:
    assert "The office" in read(operator, f"{ADMIN}secrets_app/secret/").text
    form = {"name": "TOKEN", "new_value": VALUE, "project": str(workspace.key), "description": ""}
    added = operator.post(f"{ADMIN}secrets_app/secret/add/", form, follow=True)
    assert added.status_code == 200
    listed = read(operator, f"{ADMIN}secrets_app/secret/?owner=project")
    assert "TOKEN" in listed.text
    assert VALUE not in listed.text + added.text


@pytest.mark.usefixtures("stored")
def test_every_link_leads_to_a_page(operator: Client) -> None:
    waiting, seen = [ADMIN], {ADMIN}
    while waiting:
        page = read(operator, waiting.pop()).text
        assert VALUE not in page
        found = {unescape(link) for link in re.findall(rf'href="({ADMIN}[^"#]*)"', page)} - seen
        waiting, seen = waiting + sorted(found), seen | found
    for name in ("data_key__id__exact=", "granted__secret__id__exact=", "subject_id=", "workspaces/workspace/"):
        assert name in "\n".join(seen)


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("model", LISTS)
def test_a_list_is_filtered_by_a_workspace_and_by_a_person(operator: Client, workspace: Workspace, model: str) -> None:
    editor = Person.objects.get(email="editor@example.com")
    for name, row in (("project", workspace), ("user", editor)):
        page = read(operator, f"{ADMIN}secrets_app/{model}/?{urlencode({f'{name}__key__exact': row.pk})}")
        rows = page.context["cl"].result_list
        assert [getattr(each, name) for each in rows] == [row for _ in rows] != []


def test_a_german_browser_gets_its_pages_and_messages_in_german(operator: Client, stored: None) -> None:
    operator.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    listed = f"{ADMIN}secrets_app/secret/"
    assert "Handlungsbedarf" in read(operator, f"{ADMIN}secrets_app/").text
    assert "Verfügbarkeit" in read(operator, listed).text
    rows = [secret.pk for secret in Secret.objects.all()]
    deleted = {"action": "delete_selected", "_selected_action": rows, "post": "yes"}
    assert f"{len(rows)} gelöscht." in operator.post(listed, deleted, follow=True).text
    assert "Höchstens 4 verwenden" in read(operator, f"{listed}?q=a+b+c+d+e").text


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_api_is_in_english_for_everybody(operator: Client, workspace: Workspace, language: str) -> None:
    headers = {"Accept-Language": language, "X-CSRFToken": "a" * 32}
    operator.cookies["csrftoken"] = headers["X-CSRFToken"]
    answer = operator.post("/vault/secrets", {"name": "lower"}, "application/json", headers=headers)
    assert answer.headers["Content-Language"] == "en"
    assert answer.json()["errors"] == {
        "name": ["Use upper-case letters A to Z, digits and underscores, beginning with a letter."],
        "value": ["This field is required."],
    }
