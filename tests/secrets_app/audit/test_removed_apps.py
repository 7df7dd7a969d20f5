"""Events of an app that was removed: they stay readable and verifiable."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from neo_base.audit.catalogue import catalogue
from projects.models import Project
from secrets_app.audit.chaining import chain_events
from secrets_app.audit.verification import verify
from secrets_app.models import AuditEvent
from tests.cast import Api

ADDRESS = "/admin/secrets_app/auditevent/"


@pytest.fixture
def removed(project: Project, monkeypatch: pytest.MonkeyPatch) -> AuditEvent:
    """The event of a project, on a site that has no `projects` any more."""
    left = {name: event for name, event in catalogue.items() if not name.startswith(("project.", "member."))}
    monkeypatch.setattr(catalogue, "_events", left)
    return AuditEvent.objects.get(event="project.created")


def test_api_lists_the_event(removed: AuditEvent, api: Api, admin: Any) -> None:
    listed = api(admin).get(f"/api/v1/audit?project_id={removed.project_id}").json()["results"]
    assert "project.created" in [event["event"] for event in listed]


def test_admin_lists_and_shows_the_event(removed: AuditEvent, client: Client, superuser: Any) -> None:
    client.force_login(superuser)
    listed = client.get(ADDRESS)
    assert removed in listed.context["cl"].result_list
    assert "kind=project" not in listed.text
    assert removed in client.get(ADDRESS, {"event": "project.created"}).context["cl"].result_list
    page = client.get(f"{ADDRESS}{removed.pk}/change/")
    assert "project.created" in page.text


def test_log_verifies_and_exports_the_event(removed: AuditEvent) -> None:
    chain_events()
    assert verify().is_clean
    out = StringIO()
    call_command("audit", "export", stdout=out)
    assert "project.created" in [json.loads(line).get("event") for line in out.getvalue().splitlines()]
