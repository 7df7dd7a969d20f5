"""Who gets which page: the table of permissions, asked of the pages of projects, tokens, tasks and the audit log.

`expected` is by person: stranger, viewer, member, admin. Each also sees what a visitor gets: the way to sign in.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project
from secrets_app.audit.refused_attempts import recorder
from secrets_app.models import AuditEvent
from tests.cast import make_invitation, make_user
from tests.neo_pages.people import at_the_pages

pytestmark = pytest.mark.once

PEOPLE = ("stranger", "viewer", "member", "admin")
PAGES = [
    ("GET", "projects", (200, 200, 200, 200)),
    ("GET", "tokens", (200, 200, 200, 200)),
    ("GET", "tasks", (200, 200, 200, 200)),
    ("GET", "audit", (200, 200, 200, 200)),
    ("GET", "project_members", (404, 200, 200, 200)),
    ("GET", "project_settings", (404, 200, 200, 200)),
    ("GET", "project_tokens", (404, 200, 200, 200)),
    ("GET", "project_audit", (404, 403, 403, 200)),
    ("GET", "project_leave", (404, 200, 200, 200)),
    ("GET", "project_delete", (404, 403, 403, 200)),
    ("POST", "project_settings", (404, 403, 403, 302)),
    ("POST", "project_invite", (404, 403, 403, 302)),
    ("POST", "project_member_add", (404, 403, 403, 302)),
    ("POST", "project_member_role", (404, 403, 403, 302)),
    ("POST", "project_member_remove", (404, 403, 403, 302)),
    ("POST", "project_transfer", (404, 403, 403, 302)),
    ("POST", "project_invitation_revoke", (404, 403, 403, 302)),
    ("POST", "project_delete", (404, 403, 403, 302)),
]
SENT: dict[str, dict[str, str]] = {
    "project_settings": {"name": "Renamed"},
    "project_invite": {"invite-email": "ada@example.com", "invite-role": "viewer"},
    "project_member_add": {"add-username": "stranger", "add-role": "viewer"},
    "project_member_role": {"role": "admin"},
    "project_delete": {"name": "Alpha"},
}


@pytest.fixture
def addresses(project: Project, admin: Any, stranger: Any) -> dict[str, str]:
    other = make_user("other")
    project.memberships.create(user=other, role="viewer")
    invitation = make_invitation(admin, project, "guest@example.com").row
    named = {"project_member_role": other, "project_member_remove": other, "project_transfer": other}
    arguments: dict[str, list[Any]] = {page: [project.pk, user.pk] for page, user in named.items()}
    arguments["project_invitation_revoke"] = [project.pk, invitation.pk]
    pages = {page for _, page, _ in PAGES}
    of_project = {page: [project.pk] if page.startswith("project_") else [] for page in pages} | arguments
    return {page: reverse(f"neo_pages:{page}", args=args) for page, args in of_project.items()}


@pytest.mark.parametrize(("method", "page", "expected"), PAGES, ids=[f"{each[0]} {each[1]}" for each in PAGES])
@pytest.mark.parametrize("person", PEOPLE)
def test_each_gets_what_the_permissions_promise(
    request: pytest.FixtureRequest,
    addresses: dict[str, str],
    mailoutbox: list[Any],
    method: str,
    page: str,
    expected: tuple[int, ...],
    person: str,
) -> None:
    client = at_the_pages(request.getfixturevalue(person))
    answer = client.generic(method, addresses[page], *_form(SENT.get(page, {})))
    assert answer.status_code == dict(zip(PEOPLE, expected, strict=True))[person]
    assert answer.headers["Cache-Control"] == "no-store"


def _form(fields: dict[str, str]) -> tuple[bytes, str]:
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    return body.encode(), "application/x-www-form-urlencoded"


def test_visitors_are_sent_to_sign_in(addresses: dict[str, str], settings: Any) -> None:
    settings.LOGIN_URL = "/sign-in/"
    sent = {page: Client().get(address) for page, address in addresses.items() if page not in POST_ONLY}
    assert {answer.headers["Location"].split("?")[0] for answer in sent.values()} == {"/sign-in/"}


POST_ONLY = {page for method, page, _ in PAGES if method == "POST"} - {
    page for method, page, _ in PAGES if method == "GET"
}


def test_what_only_forms_do_is_no_page(addresses: dict[str, str], admin: Any) -> None:
    client = at_the_pages(admin)
    assert {client.get(addresses[page]).status_code for page in POST_ONLY} == {405}


def test_a_refused_attempt_is_in_the_audit_log(addresses: dict[str, str], viewer: Any) -> None:
    at_the_pages(viewer).post(addresses["project_delete"], {"name": "Alpha"})
    recorder.settle(everything=True)
    event = AuditEvent.objects.get(event="access.denied")
    assert (event.actor_id, event.data["code"]) == (str(viewer.pk), "role_too_low")
