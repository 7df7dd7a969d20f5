"""Failed sign-ins, at the API and at the admin, in the audit log: with their user, and nothing that was typed."""

from __future__ import annotations

import logging
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from neo_base.access.errors import RoleTooLow
from neo_site.signin.records import record_failure
from secrets_app.audit.attempt_counts import MAX_PER_SENDER
from secrets_app.audit.refused_attempts import recorder
from secrets_app.models import AuditEvent
from tests.cast import PASSWORD, Api
from tests.limits import set_limits
from tests.neo_site.signin.conftest import Post

PAGE = "/accounts/login/"
CANARY = "canary-of-a-name"
WRONG = "wrong"

pytestmark = pytest.mark.django_db


def refused_events() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(outcome="denied").order_by("id"))


def only_refused() -> AuditEvent:
    (row,) = refused_events()
    return row


def guess(post: Post, name: str, password: str = WRONG) -> Any:
    return post("token", {"username": name, "password": password})


def at_the_page(name: str, password: str = WRONG) -> Any:
    return Client().post(PAGE, {"login": name, "password": password})


@pytest.mark.parametrize("state", ["active", "inactive"])
def test_the_user_of_that_name_is_the_subject_and_can_read_it(api: Api, member: Any, post: Post, state: str) -> None:
    client = api(member)
    type(member).objects.filter(pk=member.pk).update(is_active=state == "active")
    answer = guess(post, "member")
    row = only_refused()
    assert (row.event, row.actor_kind, row.actor_id) == ("sign_in.refused", "anonymous", "")
    assert (row.subject_kind, row.subject_id, row.subject_label) == ("user", str(member.pk), "member")
    assert (row.request_id, row.address) == (answer.headers["X-Request-Id"], "127.0.0.1")
    assert (row.data["status"], row.data["code"]) == (401, "invalid_credentials")
    assert (row.data["method"], row.data["route"]) == ("POST", "api/v1/auth/token")
    type(member).objects.filter(pk=member.pk).update(is_active=True)
    assert [each["event"] for each in client.get("/api/v1/audit").json()["results"]] == [
        "sign_in.refused",
        "session.started",
    ]


@pytest.mark.parametrize("sign_in", [guess, lambda _, name: at_the_page(name)])
def test_an_unknown_name_is_stored_nowhere(post: Post, caplog: pytest.LogCaptureFixture, sign_in: Any) -> None:
    caplog.set_level(logging.DEBUG)
    sign_in(post, CANARY)
    row = only_refused()
    assert (row.event, row.subject_id, row.subject_label, row.user_id) == ("sign_in.refused", "", "", "")
    assert CANARY not in f"{vars(row)}"
    assert CANARY not in caplog.text


@pytest.mark.parametrize("name", ["nul\0", "\ud800"])
def test_a_name_that_no_database_takes_is_recorded(name: str) -> None:
    record_failure(credentials={"username": name}, request=RequestFactory().post("/"))
    recorder.settle()
    assert (only_refused().event, only_refused().subject_id) == ("sign_in.refused", "")


def test_a_failed_sign_in_at_the_page_is_recorded(member: Any) -> None:
    at_the_page("member")
    assert (only_refused().event, only_refused().subject_id) == ("sign_in.refused", str(member.pk))
    assert only_refused().data["route"] == "accounts/login/"


def test_who_is_no_staff_is_recorded_at_the_page(member: Any) -> None:
    browser = Client()
    browser.post(PAGE, {"login": "member", "password": PASSWORD})
    assert browser.get("/admin/login/").status_code == 403
    assert (only_refused().event, only_refused().actor_id) == ("access.denied", str(member.pk))


def test_a_paused_sign_in_is_an_event_of_its_own(post: Post, member: Any, settings: Any) -> None:
    set_limits(settings, sign_in_name="2/hour")
    statuses = [guess(post, "member").status_code for _ in range(4)]
    assert statuses == [401, 401, 429, 429]
    assert at_the_page("member", PASSWORD).status_code == 429
    assert [(row.event, row.data["status"], row.data["times"]) for row in refused_events()] == [
        ("sign_in.refused", 401, 1),
        ("sign_in.paused", 429, 1),
        ("sign_in.paused", 429, 1),
    ]
    assert {row.subject_id for row in refused_events()} == {str(member.pk)}


def test_repeats_make_one_row_and_many_names_a_limited_number(post: Post, member: Any) -> None:
    for _ in range(5):
        guess(post, "member")
    assert [row.data["times"] for row in refused_events()] == [1]
    for number in range(2 * MAX_PER_SENDER):
        guess(post, f"nobody-{number}")
    assert len(refused_events()) == MAX_PER_SENDER + 1


def test_known_and_unknown_names_cost_the_same_queries(post: Post, member: Any) -> None:
    def statements(name: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            guess(post, name)
        return [query["sql"].split()[0] for query in queries]

    assert statements("member") == statements("nobody")
    assert statements("member") == statements("nobody")
    with patch("secrets_app.audit.refused_attempts.recorder.settle"), CaptureQueriesContext(connection) as queries:
        guess(post, "nobody")
    assert len(queries) == 1


def test_the_index_of_the_admin_counts_failed_sign_ins(member: Any, superuser: Any, post: Post, client: Client) -> None:
    for name in ("member", "nobody"):
        guess(post, name)
    client.force_login(superuser)
    page = client.get("/admin/").content.decode()
    assert "Failed sign-ins in the past 24 hours" in page
    assert "event=sign_in.refused" in page


# Refusals inside of the admin


@pytest.mark.parametrize(
    "path", ["secrets_app/secret/", "secrets_app/secret/add/", "auth/user/", "projects/project/1/history/"]
)
def test_a_forbidden_admin_page_is_recorded_once(staff: Any, client: Client, path: str) -> None:
    client.force_login(staff)
    assert client.get(f"/admin/{path}").status_code == 403
    row = only_refused()
    assert (row.event, row.actor_kind, row.actor_id) == ("access.denied", "staff", str(staff.pk))
    assert (row.credential_kind, row.data["status"], row.data["code"]) == ("cookie", 403, "permission_denied")
    assert (row.project_id, row.user_id) == (None, "")


def test_what_an_action_refuses_in_the_admin_is_recorded(superuser: Any, client: Client, project: Any) -> None:
    """The page allows here what the policy does not."""
    client.force_login(superuser)
    with patch("projects.actions.delete_project", side_effect=RoleTooLow):
        client.post(f"/admin/projects/project/{project.pk}/delete/", {"post": "yes"})
        selected = {"action": "delete_selected", "_selected_action": [str(project.pk)], "post": "yes"}
        client.post("/admin/projects/project/", selected)
    assert [(row.event, row.data["code"]) for row in refused_events()] == [("access.denied", "role_too_low")] * 2
