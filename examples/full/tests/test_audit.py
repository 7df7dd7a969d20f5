"""The audit events of this site itself, as the API and the admin show them."""

import pytest
from accounts.models import Person
from django.core.management import call_command
from django.test import Client
from workspaces.models import Seat, Workspace

from neo_base.audit.catalogue import UndeclaredData, UnknownEvent
from neo_base.audit.reporting import record
from neo_base.audit.subjects import Subject
from secrets_app.audit.verification import verify

SUBJECT = Subject("workspace", "1")


@pytest.fixture
def owner(db: None) -> Person:
    return Person.objects.create_user("owner@example.com")


@pytest.fixture
def workspace(owner: Person) -> Workspace:
    workspace = Workspace.objects.create(title="Alpha")
    Seat.objects.create(workspace=workspace, person=owner, level=Seat.Level.OWNER)
    return workspace


@pytest.fixture
def browser(owner: Person) -> Client:
    browser = Client()
    browser.force_login(owner)
    return browser


def test_own_event_is_in_the_audit_api(browser: Client, workspace: Workspace, owner: Person) -> None:
    checked = browser.post(f"/api/workspaces/{workspace.key}/deployments")
    assert checked.json() == {"ready": False}
    listed = browser.get(f"/vault/audit?project_id={workspace.key}&event=deployment.checked").json()["results"]
    (event,) = listed
    assert (event["actor"]["id"], event["credential"]["kind"]) == (str(owner.pk), "cookie")
    assert event["subject"] == {"kind": "workspace", "id": str(workspace.key), "name": "Alpha"}
    assert (event["data"], event["address"]) == ({"ready": False}, "127.0.0.1")


def test_own_event_is_in_the_admin(browser: Client, workspace: Workspace) -> None:
    browser.post(f"/api/workspaces/{workspace.key}/deployments")
    operator = Client()
    operator.force_login(Person.objects.create_superuser("operator@example.com"))
    listed = operator.get("/back-office/secrets_app/auditevent/?kind=deployment")
    assert [event.event for event in listed.context["cl"].result_list] == ["deployment.checked"]
    assert '?kind=deployment">Deployment</a>' in listed.text
    (event,) = listed.context["cl"].result_list
    page = operator.get(f"/back-office/secrets_app/auditevent/{event.pk}/change/").text
    assert "Somebody checked whether a deployment can start." in page
    assert "ready: False" in page


def test_own_event_is_chained_and_verified(browser: Client, workspace: Workspace) -> None:
    browser.post(f"/api/workspaces/{workspace.key}/deployments")
    call_command("audit", "chain", verbosity=0)
    report = verify()
    assert report.is_clean
    assert (report.events, report.unchained) == (1, 0)


def test_unregistered_event_and_undeclared_data_raise(db: None) -> None:
    with pytest.raises(UnknownEvent):
        record("deployment.finished", actor=None, subject=SUBJECT)
    with pytest.raises(UndeclaredData):
        record("deployment.checked", actor=None, subject=SUBJECT, note="anything")
