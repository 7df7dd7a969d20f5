"""Each kind of refusal has its row, written after the answer, which it never changes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied

from neo_rest.refusals import tell
from neo_site.signin.actions import sign_in
from neo_site.signin.models import Session
from projects.actions import remove_member
from projects.actors import Actor
from projects.models import Project
from secrets_app.audit.denials import Denial
from secrets_app.audit.refusals import MAX_NOTED, recorder
from secrets_app.models import AuditEntry, ServiceToken, TaskGrant
from secrets_app.token_actions import create_token
from tests.authorization.credentials import task_of
from tests.cast import CANARY, Api, ApiClient, make_secret
from tests.contract import SECRETS, assert_problem, body_but_for_request_id
from tests.secrets_app.audit.conftest import Unwritable

AUDIT = "/api/v1/audit"
Later = Callable[[int], None]

pytestmark = pytest.mark.django_db


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """`later(61)`: so many seconds after the start. Time stands still but for that."""
    start = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: start)
    return lambda seconds: monkeypatch.setattr(timezone, "now", lambda: start + timedelta(seconds=seconds))


def denials() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(outcome="denied").order_by("id"))


def only_denial() -> AuditEntry:
    (row,) = denials()
    return row


def seen_in(answer: Any) -> list[str]:
    return [row["event"] for row in answer.json()["results"] if row["outcome"] == "denied"]


# What each row says


def test_a_secret_of_others_is_denied_by_404_and_the_row_names_it_and_who_asked(
    api: Api, stranger: Any, member: Any, project: Project
) -> None:
    secret = make_secret(member, project_id=project.id)
    answer = api(stranger).patch(f"{SECRETS}/{secret.id}", {"value": CANARY})
    assert_problem(answer, 404, "not_found")
    row = only_denial()
    assert row.event == "access.denied"
    assert (row.actor_kind, row.actor_id, row.actor_label) == ("user", str(stranger.pk), "stranger")
    assert (row.credential_kind, row.credential_id) == ("session", str(Session.objects.get(user=stranger).pk))
    assert (row.request_id, row.address) == (answer.headers["X-Request-Id"], "127.0.0.1")
    assert (row.subject_kind, row.subject_id, row.subject_label) == ("object", str(secret.id), "TOKEN")
    assert (row.project_id, row.owner_id) == (project.id, "")
    said = {name: value for name, value in row.data.items() if not name.endswith("_at")}
    assert said == {
        "status": 404,
        "code": "not_found",
        "method": "PATCH",
        "route": "api/v1/secrets/<uuid:secret_id>",
        "times": 1,
    }


def test_a_personal_secret_of_others_is_its_owners_matter(api: Api, superuser: Any, member: Any) -> None:
    secret = make_secret(member)
    api(superuser).get(f"{SECRETS}/{secret.id}/versions")
    assert (only_denial().owner_id, only_denial().project_id) == (str(member.pk), None)


def test_tokens_and_grants_of_others_are_their_owners_matter(api: Api, stranger: Any, member: Any) -> None:
    token = create_token(actor=Actor.from_user(member), name="deploy", scopes=["secrets:read"]).row
    grant, _ = task_of(member, None)
    client = api(stranger)
    client.delete(f"/api/v1/tokens/{token.id}")
    client.delete(f"/api/v1/task-grants/{grant.id}")
    assert [(row.subject_id, row.owner_id) for row in denials()] == [
        (str(token.id), str(member.pk)),
        (str(grant.id), str(member.pk)),
    ]


@pytest.mark.parametrize("path", ["projects/{}", "projects/{}/members", "secrets?project_id={}"])
def test_a_project_of_others_is_named_whether_the_answer_is_404_or_403(
    api: Api, stranger: Any, project: Project, path: str
) -> None:
    assert api(stranger).get(f"/api/v1/{path.format(project.id)}").status_code in (403, 404)
    row = only_denial()
    assert (row.event, row.subject_id, row.subject_label) == ("access.denied", str(project.id), "Alpha")
    assert row.project_id == project.id


def test_a_role_that_does_not_suffice_is_denied(api: Api, viewer: Any, admin: Any, project: Project) -> None:
    secret = make_secret(admin, project_id=project.id)
    client = api(viewer)
    client.delete(f"{SECRETS}/{secret.id}")
    client.post(SECRETS, {"name": "NEW", "value": CANARY, "project_id": str(project.id)})
    client.delete(f"/api/v1/projects/{project.id}")
    assert [(row.data["code"], row.subject_id, row.project_id) for row in denials()] == [
        ("role_too_low", str(secret.id), project.id),
        ("role_too_low", str(project.id), project.id),
        ("role_too_low", str(project.id), project.id),
    ]


def test_a_token_without_the_scope_is_denied_in_its_owners_own_audit(api: Api, member: Any) -> None:
    new = create_token(actor=Actor.from_user(member), name="deploy", scopes=["secrets:read"])
    answer = ApiClient(bearer=new.text).post(SECRETS, {"name": "NEW", "value": CANARY})
    assert_problem(answer, 403, "scope_missing")
    row = only_denial()
    assert (row.actor_id, row.owner_id) == (str(member.pk), str(member.pk))
    assert (row.credential_kind, row.credential_id) == ("service_token", str(new.row.id))
    assert seen_in(api(member).get(AUDIT)) == ["access.denied"]


def test_an_invitation_that_is_not_good_is_denied(api: Api, stranger: Any) -> None:
    api(stranger).post("/api/v1/invitations/accept", {"token": "x" * 43})
    row = only_denial()
    assert (row.event, row.data["code"], row.owner_id) == ("access.denied", "no_such_invitation", str(stranger.pk))


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
def test_a_service_token_that_has_ended_is_named_and_its_owner_reads_of_it(api: Api, member: Any, column: str) -> None:
    new = create_token(actor=Actor.from_user(member), name="deploy", scopes=["secrets:read"])
    ServiceToken.objects.update(**{column: timezone.now() - timedelta(days=1)})
    assert_problem(ApiClient(bearer=new.text).get(SECRETS), 401, "invalid_token")
    row = only_denial()
    assert (row.event, row.actor_kind, row.actor_id) == ("credential.refused", "anonymous", "")
    assert (row.subject_kind, row.subject_id) == ("token", str(new.row.id))
    assert row.address == "127.0.0.1"
    assert seen_in(api(member).get(AUDIT)) == ["credential.refused"]


@pytest.mark.parametrize("changes", [{"revoked_at": timezone.now()}, {"max_uses": 1, "uses": 1}])
def test_a_task_token_that_has_ended_is_named(member: Any, changes: dict[str, Any]) -> None:
    grant, text = task_of(member, None)
    TaskGrant.objects.update(**changes)
    assert ApiClient(bearer=text).post("/api/v1/runtime/environment").status_code == 401
    assert (only_denial().event, only_denial().subject_id) == ("credential.refused", str(grant.id))


def test_what_a_task_may_not_do_is_denied_by_its_grant(
    member: Any, admin: Any, project: Project, stranger: Any
) -> None:
    grant, text = task_of(member, project)
    client = ApiClient(bearer=text)
    assert_problem(client.post("/api/v1/runtime/secrets", {"name": "NEW", "value": CANARY}), 403, "scope_missing")
    remove_member(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk)
    assert_problem(client.post("/api/v1/runtime/environment"), 403, "membership_required")
    by_scope, by_membership = denials()
    assert {row.credential_id for row in denials()} == {str(grant.id)}
    assert {row.actor_id for row in denials()} == {str(member.pk)}
    assert (by_scope.project_id, by_scope.owner_id) == (None, str(member.pk))
    assert (by_membership.project_id, by_membership.subject_id) == (project.id, str(project.id))


def test_a_task_token_where_none_is_taken_is_named(member: Any) -> None:
    grant, text = task_of(member, None)
    assert ApiClient(bearer=text).get(SECRETS).status_code == 401
    assert (only_denial().event, only_denial().subject_id) == ("credential.refused", str(grant.id))


def test_the_token_of_a_session_that_has_ended_is_its_users_matter(api: Api, member: Any) -> None:
    client = api(member)
    Session.objects.update(revoked_at=timezone.now())
    assert client.get(SECRETS).status_code == 401
    assert (only_denial().subject_id, only_denial().owner_id) == (str(Session.objects.get().pk), str(member.pk))


@pytest.mark.parametrize("bearer", ["", "neo_sk_x", "neo_task_x", "neo_sk_" + "0" * 38, "a.b.c", CANARY])
def test_a_credential_that_never_was_one_has_no_subject_and_is_not_kept(db: None, bearer: str) -> None:
    assert ApiClient(bearer=bearer).get(SECRETS).status_code == 401
    row = only_denial()
    assert (row.event, row.subject_id, row.owner_id) == ("credential.refused", "", "")
    assert row.data["code"] == ("invalid_token" if bearer else "not_authenticated")
    assert not bearer or bearer not in f"{vars(row)}"


def test_a_replayed_session_has_one_row_and_not_two(member: Any, api: Api) -> None:
    pair = sign_in(user=member)
    client = Client()
    for _ in range(2):
        client.post("/api/v1/auth/token/refresh", {"refresh": pair.refresh}, content_type="application/json")
    Session.objects.update(rotated_at=timezone.now() - timedelta(minutes=1))
    client.post("/api/v1/auth/token/refresh", {"refresh": pair.refresh}, content_type="application/json")
    assert [row.event for row in denials()] == ["credential.refused", "session.replayed"]


# What is none


def test_what_is_wrong_or_ones_own_is_no_denial(api: Api, member: Any) -> None:
    secret, client = make_secret(member), api(member)
    assert client.get("/api/v1/nothing").status_code == 404
    assert client.post(f"{SECRETS}/{secret.id}/versions/9/restore").status_code == 404
    assert client.post(SECRETS, {"name": "x"}).status_code == 400
    assert client.post(SECRETS, {"name": "TOKEN", "value": "x"}).status_code == 409
    assert denials() == []


@pytest.mark.parametrize("path", ["secrets", "projects", "task-grants", "tokens"])
def test_what_is_not_there_makes_a_row_as_well_and_is_nobodys_matter(api: Api, member: Any, path: str) -> None:
    missing = uuid4()
    assert api(member).delete(f"/api/v1/{path}/{missing}").status_code == 404
    row = only_denial()
    assert (row.event, row.subject_id, row.subject_label) == ("access.denied", str(missing), "")
    assert (row.project_id, row.owner_id) == (None, "")
    assert seen_in(api(member).get(AUDIT)) == []


def test_the_answer_for_what_is_hidden_is_the_one_for_what_is_not_there(api: Api, stranger: Any, member: Any) -> None:
    client, secret = api(stranger), make_secret(member)
    one, other = client.get(f"{SECRETS}/{secret.id}"), client.get(f"{SECRETS}/{uuid4()}")
    assert body_but_for_request_id(one) == body_but_for_request_id(other)


def test_who_asks_for_a_project_cannot_read_in_his_audit_whether_there_is_one(
    api: Api, stranger: Any, admin: Any, project: Project
) -> None:
    client = api(stranger)
    client.get(f"{SECRETS}?project_id={project.id}")
    client.get(f"{SECRETS}?project_id={uuid4()}")
    assert [(row.data["code"], row.project_id) for row in denials()] == [
        ("membership_required", project.id),
        ("membership_required", None),
    ]
    assert seen_in(client.get(AUDIT)) == []


def test_what_there_is_takes_as_much_room_as_what_there_is_not(
    api: Api, stranger: Any, member: Any, project: Project
) -> None:
    """Or he could tell by which of his other attempts, on things whose audit he reads, make a row of their own."""
    make_secret(member)

    def told_apart(secret_id: Any, project_id: Any) -> int:
        recorder.clear()
        client, before = api(stranger), len(denials())
        for method in ("GET", "PATCH", "DELETE"):
            client.request(method, f"{SECRETS}/{secret_id}", {})
            client.request(method, f"/api/v1/projects/{project_id}", {})
        client.get(f"{SECRETS}?project_id={project_id}")
        return len(denials()) - before

    assert told_apart(make_secret(member, name="OTHER").id, project.id) == told_apart(uuid4(), uuid4()) == 7


# Who reads of it


def test_the_admins_of_a_project_read_of_attempts_on_it_and_nobody_else_does(
    api: Api, stranger: Any, member: Any, admin: Any, project: Project
) -> None:
    secret = make_secret(member, project_id=project.id)
    api(stranger).get(f"{SECRETS}/{secret.id}")
    assert seen_in(api(admin).get(f"{AUDIT}?project_id={project.id}")) == ["access.denied"]
    assert seen_in(api(admin).get(f"{AUDIT}?project_id={project.id}&secret_id={secret.id}")) == ["access.denied"]
    for user in (admin, member, stranger):
        assert seen_in(api(user).get(AUDIT)) == []


# When


def test_repeats_make_one_row_when_the_minute_is_over_at_whoevers_request(
    api: Api, stranger: Any, member: Any, later: Later
) -> None:
    client, secret = api(stranger), make_secret(member)
    for second in range(20):
        later(second)
        client.get(f"{SECRETS}/{secret.id}")
    assert [row.data["times"] for row in denials()] == [1]
    later(60)
    Client().get("/livez")
    first, summary = denials()
    assert (first.data["times"], summary.data["times"]) == (1, 19)
    assert summary.data["first_at"] < summary.data["last_at"]
    assert summary.subject_id == str(secret.id)


def test_a_repeat_costs_one_query_and_a_request_that_is_not_refused_none(api: Api, stranger: Any, member: Any) -> None:
    client, secret = api(stranger), make_secret(member)
    client.get(f"{SECRETS}/{secret.id}")
    with CaptureQueriesContext(connection) as repeated:
        client.get(f"{SECRETS}/{secret.id}")
    with CaptureQueriesContext(connection) as missing:
        client.get("/api/v1/nothing")
    assert len([query for query in repeated if "auditentry" in query["sql"].lower()]) == 0
    assert len(repeated) == 3  # Who asks; may he see it; is it there.
    assert len(missing) == 0


def test_at_the_end_of_the_process_the_rest_is_written(api: Api, stranger: Any, member: Any) -> None:
    client, secret = api(stranger), make_secret(member)
    for _ in range(3):
        client.get(f"{SECRETS}/{secret.id}")
    recorder.settle(everything=True)
    assert [row.data["times"] for row in denials()] == [1, 2]


def test_each_process_settles_once_when_it_ends_and_only_in_the_database_of_its_attempts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    denial = Denial("access.denied", {"actor_kind": "anonymous"})
    with patch("secrets_app.audit.refusals.Finalize") as finalize:
        for process in (1, 1, 2):
            monkeypatch.setattr("os.getpid", lambda process=process: process)
            recorder.note(denial)
    _, end = finalize.call_args.args
    assert finalize.call_count == 2
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "NAME", "another")
        end()
    assert denials() == []
    end()
    assert only_denial().data["times"] == 3


@pytest.mark.django_db(transaction=True)
def test_the_row_survives_what_the_refusal_rolls_back(
    api: Api, stranger: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    client, secret = api(stranger), make_secret(member)
    with pytest.raises(RuntimeError), transaction.atomic():
        tell(RequestFactory().get("/"), PermissionDenied())
        raise RuntimeError
    client.delete(f"{SECRETS}/{secret.id}")
    assert [row.data["code"] for row in denials()] == ["permission_denied", "not_found"]


# When it cannot be written


@pytest.mark.django_db(transaction=True)
def test_a_refusal_answers_as_ever_where_it_cannot_be_recorded_and_is_recorded_later(
    api: Api, stranger: Any, member: Any, unwritable: Unwritable, caplog: pytest.LogCaptureFixture, later: Later
) -> None:
    client, secret = api(stranger), make_secret(member)
    with unwritable():
        hidden, unknown = client.get(f"{SECRETS}/{secret.id}"), ApiClient(bearer=CANARY).get(SECRETS)
    assert_problem(hidden, 404, "not_found")
    assert_problem(unknown, 401, "invalid_token")
    assert denials() == []
    lines = [record for record in caplog.records if record.name == "secrets_app.audit.refusals"]
    assert [line.getMessage() for line in lines] == ["audit.denials_waiting error=AuditUnavailable"]
    assert lines[0].exc_info is None
    assert CANARY not in caplog.text
    later(61)
    Client().get("/livez")
    assert {row.event for row in denials()} == {"access.denied", "credential.refused"}


def test_a_database_that_does_not_answer_loses_none_and_is_not_asked_again_at_once(
    db: None, later: Later, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []

    def look(denial: Denial) -> Denial:
        asked.append(denial)
        raise OperationalError(CANARY)

    recorder.note(Denial("access.denied", {"actor_kind": "user", "actor_id": "1"}, data={"code": "x"}), look)
    for _ in range(5):
        recorder.settle()
    assert len(asked) == 1
    later(10)
    recorder.settle()
    assert len(asked) == 2
    assert CANARY not in caplog.text


def test_a_database_that_is_slow_holds_up_one_thread_alone(db: None, caplog: pytest.LogCaptureFixture) -> None:
    looking: list[str] = []

    def look(denial: Denial) -> Denial:
        assert looking == []
        looking.append(denial.data["code"])
        recorder.settle()  # As another thread would, meanwhile.
        looking.pop()
        return denial

    for code in ("x", "y"):
        recorder.note(Denial("access.denied", {"actor_kind": "user", "actor_id": "1"}, data={"code": code}), look)
    recorder.settle()
    assert {row.data["code"] for row in denials()} == {"x", "y"}
    assert "audit.denial_unclear" not in caplog.text


@pytest.mark.parametrize("error", [DataError, RuntimeError])
def test_what_cannot_be_looked_into_is_counted_and_keeps_nothing_from_being_written(db: None, error: Any) -> None:
    def look(denial: Denial) -> Denial:
        raise error

    recorder.note(Denial("access.denied", {"actor_kind": "user", "actor_id": "1"}, data={"code": "x"}), look)
    recorder.settle()
    assert only_denial().actor_id == "1"


def test_what_is_noted_is_bounded_and_none_goes_uncounted(db: None) -> None:
    for _ in range(MAX_NOTED + 500):
        recorder.note(Denial("access.denied", {"actor_kind": "user", "actor_id": "1"}, data={"code": "x"}))
    assert len(recorder._noted) == MAX_NOTED
    recorder.settle()
    assert sum(row.data["times"] for row in denials()) == MAX_NOTED + 500


def test_a_receiver_that_fails_changes_no_answer(
    api: Api, stranger: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("secrets_app.audit.refusals.details", fail)
    assert_problem(api(stranger).get(f"{SECRETS}/{make_secret(member).id}"), 404, "not_found")


def test_nothing_that_was_sent_is_in_a_row(api: Api, member: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = ApiClient(bearer=CANARY)
    client.request(CANARY.upper(), f"{SECRETS}?{CANARY}={CANARY}", {CANARY: CANARY}, X_Api_Key=CANARY)
    client.post(SECRETS, {"name": "TOKEN", "value": CANARY})
    assert denials()
    assert CANARY not in "".join(f"{vars(row)}" for row in denials())
