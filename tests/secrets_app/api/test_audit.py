"""GET /api/v1/audit and GET /api/v1/secrets/{id}/uses: access, filters and pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from neo_base.access.actors import Actor, Credential, Origin
from neo_base.access.roles import Role
from neo_base.audit.subjects import Subject
from projects.actions import create_project, delete_project
from projects.models import Membership, Project
from secrets_app.actions.secrets import delete_secret, update_secret
from secrets_app.audit.granted_sets import expand, stored_set
from secrets_app.audit.recording import record
from secrets_app.models import AuditEvent, Secret
from secrets_app.models.granted_set import Content, Granted
from secrets_app.plaintext import Plaintext
from tests.cast import CANARY, Api, make_secret
from tests.contract import assert_problem, body_but_for_request_id, invalid_fields

AUDIT = "/api/v1/audit"


def uses_of(secret: Secret) -> str:
    return f"/api/v1/secrets/{secret.id}/uses"


def expose(user: Any, *secrets: Secret) -> None:
    """Record, as the task runtime does, that a task of `user` got the values of these secrets."""
    actor = Actor.from_user(user, origin=Origin("r", "192.0.2.7", Credential("task_grant", "g")))
    given = [Granted(each.id, each.name, "project", each.version, "selected", True) for each in secrets]
    subject, granted_set = Subject("grant", "g"), stored_set(Content(given, []))
    record("environment.exposed", actor=actor, subject=subject, owner=secrets[0].owner, granted_set=granted_set)


def events(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["event"] for row in answer.json()["results"]]


@pytest.fixture
def shared(member: Any, project: Project) -> Secret:
    return make_secret(member, name="SHARED", project_id=project.id)


def test_an_admin_reads_the_audit_log_of_their_project_only(
    api: Api, admin: Any, member: Any, project: Project, shared: Secret
) -> None:
    make_secret(member, name="PERSONAL")
    answer = api(admin).get(f"{AUDIT}?project_id={project.id}")
    assert events(answer) == ["secret.created", "member.added", "member.added", "project.created"]
    row = answer.json()["results"][0]
    assert row["actor"] == {"kind": "user", "id": str(member.pk), "name": "member"}
    assert row["subject"] == {"kind": "secret", "id": str(shared.id), "name": "SHARED"}
    assert row["project_id"] == str(project.id)
    assert row["outcome"] == "done"
    assert CANARY not in answer.content.decode()


def test_a_reused_project_id_shows_no_former_events(
    api: Api, admin: Any, stranger: Any, project: Project, shared: Secret
) -> None:
    delete_project(actor=Actor.from_user(admin), project_id=project.id)
    create_project(actor=Actor.from_user(stranger), project_id=project.id)
    assert events(api(stranger).get(f"{AUDIT}?project_id={project.id}")) == ["project.created"]
    assert events(api(stranger).get(f"{AUDIT}?project_id={project.id}&secret_id={shared.id}")) == []


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_a_member_does_not_read_the_audit_log_of_the_project(
    role: str, api: Api, project: Project, request: pytest.FixtureRequest
) -> None:
    answer = api(request.getfixturevalue(role)).get(f"{AUDIT}?project_id={project.id}")
    assert_problem(answer, 403, "role_too_low")


def test_foreign_and_missing_projects_are_answered_alike(api: Api, stranger: Any, project: Project) -> None:
    client = api(stranger)
    answers = [client.get(f"{AUDIT}?project_id={each}") for each in (project.id, uuid4())]
    assert_problem(answers[0], 403, "membership_required")
    assert body_but_for_request_id(answers[0]) == body_but_for_request_id(answers[1])


def test_everybody_reads_all_events_of_what_they_own(
    api: Api, member: Any, stranger: Any, superuser: Any, shared: Secret
) -> None:
    own = make_secret(member, name="PERSONAL")
    delete_secret(actor=Actor.from_staff(superuser), secret_id=own.id)
    make_secret(stranger, name="FOREIGN")
    answer = api(member).get(AUDIT)
    assert events(answer) == ["session.started", "secret.deleted", "secret.created"]
    assert [row["actor"]["name"] for row in answer.json()["results"]] == ["member", "superuser", "member"]


def test_a_secret_that_is_gone_is_still_found_by_its_id(api: Api, member: Any) -> None:
    secret = make_secret(member)
    delete_secret(actor=Actor.from_user(member), secret_id=secret.id)
    assert events(api(member).get(f"{AUDIT}?secret_id={secret.id}")) == ["secret.deleted", "secret.created"]


def test_the_id_of_a_foreign_secret_finds_nothing(api: Api, stranger: Any, shared: Secret) -> None:
    client = api(stranger)
    answers = [client.get(f"{AUDIT}?secret_id={each}") for each in (shared.id, uuid4())]
    assert [answer.json() for answer in answers] == [{"next": None, "results": []}] * 2


def test_it_is_filtered_by_event_actor_secret_and_time(
    api: Api, admin: Any, member: Any, project: Project, shared: Secret
) -> None:
    update_secret(actor=Actor.from_user(admin), secret_id=shared.id, value=Plaintext("other"))
    expose(member, shared)
    client, base = api(admin), f"{AUDIT}?project_id={project.id}"
    later = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert events(client.get(f"{base}&event=secret.updated")) == ["secret.updated"]
    assert events(client.get(f"{base}&actor={member.pk}")) == ["environment.exposed", "secret.created"]
    assert events(client.get(f"{base}&actor=nobody")) == []
    found = ["environment.exposed", "secret.updated", "secret.created"]
    assert events(client.get(f"{base}&secret_id={shared.id}")) == found
    assert events(client.get(f"{base}&since={later}")) == []
    assert len(events(client.get(f"{base}&until={later}&since=2026-01-01T00:00:00Z"))) == 6
    assert events(client.get(f"{base}&until=2026-01-01T00:00:00Z")) == []


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
def test_any_moment_can_be_asked_about(moment: str, api: Api, member: Any) -> None:
    client = api(member)
    for name in ("since", "until"):
        assert client.get(f"{AUDIT}?{name}={moment}").status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("event=secret.seen", "event"),
        ("cursor=short", "cursor"),
        ("cursor=" + "%21" * 22, "cursor"),
        ("since=yesterday", "since"),
        ("secret_id=1", "secret_id"),
        ("limit=501", "limit"),
        ("actor=" + "1" * 65, "actor"),
        ("offset=1", "query"),
        ("event=secret.created&event=secret.deleted", "query"),
    ],
)
def test_what_cannot_be_asked_is_400(query: str, field: str, api: Api, member: Any) -> None:
    assert invalid_fields(api(member).get(f"{AUDIT}?{query}")) == {field}


@pytest.mark.parametrize("cursor", ["A" * 22, "_" * 22, "zzzzzzzzzzzzzzzzzzzzz9"])
def test_any_cursor_of_the_right_form_is_answered(cursor: str, api: Api, member: Any) -> None:
    assert api(member).get(f"{AUDIT}?cursor={cursor}").status_code == 200


def test_pages_follow_one_another_without_gap_or_repetition(api: Api, member: Any) -> None:
    for number in range(5):
        make_secret(member, name=f"S{number}")
    client, seen, pages = api(member), [], 0
    address: str | None = f"{AUDIT}?limit=2&event=secret.created"
    while address is not None:
        answer = client.get(address.removeprefix("http://testserver")).json()
        seen += [row["subject"]["name"] for row in answer["results"]]
        address, pages = answer["next"], pages + 1
        # A new event comes before the first page, so it must not shift the pages that follow.
        make_secret(member, name=f"NEW{pages}")
    assert seen == ["S4", "S3", "S2", "S1", "S0"]
    assert pages == 3


def test_a_page_costs_the_same_at_any_length(api: Api, member: Any, django_assert_num_queries: Any) -> None:
    client = api(member)
    for number in range(10):
        make_secret(member, name=f"S{number}")
    with django_assert_num_queries(2):  # one for the session with its user, one for the rows
        answer = client.get(AUDIT)
    assert len(answer.json()["results"]) > 10


# The uses of a secret


def test_the_uses_of_a_secret_are_its_own_newest_first(api: Api, member: Any, viewer: Any, shared: Secret) -> None:
    other = make_secret(member, name="OTHER", project_id=shared.project_id)
    expose(member, shared, other)
    expose(member, other)
    shared = update_secret(actor=Actor.from_user(member), secret_id=shared.id, value=Plaintext("other"))
    expose(member, shared)
    uses = api(viewer).get(uses_of(shared)).json()
    assert [use["version"] for use in uses["results"]] == [2, 1]
    assert uses["results"][0]["actor"]["name"] == "member"
    assert uses["results"][0]["credential"] == {"kind": "task_grant", "id": "g"}
    assert uses["next"] is None


def test_uses_come_in_pages(api: Api, member: Any, shared: Secret) -> None:
    for _ in range(3):
        expose(member, shared)
    client = api(member)
    first = client.get(f"{uses_of(shared)}?limit=2").json()
    last = client.get(first["next"].removeprefix("http://testserver")).json()
    assert (len(first["results"]), len(last["results"]), last["next"]) == (2, 1, None)
    assert first["results"][1]["at"] > last["results"][0]["at"]


def test_a_secret_that_nobody_used_has_no_uses(api: Api, member: Any, shared: Secret) -> None:
    assert api(member).get(uses_of(shared)).json() == {"next": None, "results": []}


def test_the_uses_of_a_secret_that_is_not_seen_are_404(api: Api, stranger: Any, shared: Secret) -> None:
    client = api(stranger)
    answers = [client.get(uses_of(shared)), client.get(f"/api/v1/secrets/{uuid4()}/uses")]
    assert_problem(answers[0], 404, "not_found")
    assert body_but_for_request_id(answers[0]) == body_but_for_request_id(answers[1])


def test_what_exposes_is_one_row_that_names_what_it_exposed(member: Any, shared: Secret) -> None:
    other = make_secret(member, name="OTHER", project_id=shared.project_id)
    expose(member, shared, other)
    (row,) = expand(AuditEvent.objects.filter(event="environment.exposed"))
    assert row.data["secrets"] == [
        {"id": str(shared.id), "name": "SHARED", "version": 1},
        {"id": str(other.id), "name": "OTHER", "version": 1},
    ]


def test_a_deletion_is_found_by_its_project_and_hides_what_was_before(admin: Any, project: Project) -> None:
    make_secret(admin, name="BEFORE", project_id=project.id)
    delete_project(actor=Actor.from_user(admin), project_id=project.id)
    Project.objects.create(id=project.id, name="Again")
    Membership.objects.create(project_id=project.id, user=admin, role=Role.ADMIN)
    make_secret(admin, name="AFTER", project_id=project.id)
    with CaptureQueriesContext(connection) as captured:
        found = list(AuditEvent.objects.of_project(project.id).order_by("id"))
    assert [event.subject_label for event in found] == ["AFTER"]
    # Not among all deletions of the site, nor among all events of the project.
    assert '"subject_id" = ' in captured[0]["sql"]
