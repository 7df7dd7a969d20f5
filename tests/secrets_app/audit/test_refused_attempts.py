"""Each kind of refusal has its row, written after the answer, which it never changes."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_site.signin.actions import sign_in
from neo_site.signin.models import Session
from projects.models import Membership, Project
from secrets_app.actions.tokens import create_token
from secrets_app.audit.refused_attempts import recorder
from secrets_app.models import ServiceToken, TaskGrant
from tests.authorization.credentials import task_of
from tests.cast import CANARY, EMPTY_BODIES, Api, ApiClient, make_secret
from tests.contract import SECRETS, assert_problem, body_but_for_request_id
from tests.secrets_app.audit.refused import only_refused, refused_events

AUDIT = "/api/v1/audit"

pytestmark = pytest.mark.django_db


def seen_in(answer: Any) -> list[str]:
    return [row["event"] for row in answer.json()["results"] if row["outcome"] == "denied"]


# What each event says


def test_attempt_on_a_secret_names_it_and_the_actor(api: Api, stranger: Any, member: Any, project: Project) -> None:
    secret = make_secret(member, project_id=project.id)
    answer = api(stranger).patch(f"{SECRETS}/{secret.id}", {"value": CANARY})
    assert_problem(answer, 404, "not_found")
    row = only_refused()
    assert row.event == "access.denied"
    assert (row.actor_kind, row.actor_id, row.actor_label) == ("user", str(stranger.pk), "stranger")
    assert (row.credential_kind, row.credential_id) == ("session", str(Session.objects.get(user=stranger).pk))
    assert (row.request_id, row.address) == (answer.headers["X-Request-Id"], "127.0.0.1")
    assert (row.subject_kind, row.subject_id, row.subject_label) == ("object", str(secret.id), "TOKEN")
    assert (row.project_id, row.user_id) == (project.id, "")
    said = {name: value for name, value in row.data.items() if not name.endswith("_at")}
    assert said == {
        "status": 404,
        "code": "not_found",
        "method": "PATCH",
        "route": "api/v1/secrets/<uuid:secret_id>",
        "times": 1,
    }


def test_attempt_on_a_personal_secret_is_its_owners_event(api: Api, superuser: Any, member: Any) -> None:
    secret = make_secret(member)
    api(superuser).get(f"{SECRETS}/{secret.id}/versions")
    assert (only_refused().user_id, only_refused().project_id) == (str(member.pk), None)


def test_attempt_on_a_token_or_grant_is_its_owners_event(api: Api, stranger: Any, member: Any) -> None:
    token = create_token(actor=Actor.from_user(member), name="deploy", scopes=["secrets:read"]).row
    grant, _ = task_of(member, None)
    client = api(stranger)
    client.delete(f"/api/v1/tokens/{token.id}")
    client.delete(f"/api/v1/task-grants/{grant.id}")
    assert [(row.subject_id, row.user_id) for row in refused_events()] == [
        (str(token.id), str(member.pk)),
        (str(grant.id), str(member.pk)),
    ]


@pytest.mark.parametrize("path", ["projects/{}", "projects/{}/members", "secrets?project_id={}"])
def test_attempt_on_a_project_names_it(api: Api, stranger: Any, project: Project, path: str) -> None:
    assert api(stranger).get(f"/api/v1/{path.format(project.id)}").status_code in (403, 404)
    row = only_refused()
    assert (row.event, row.subject_id, row.subject_label) == ("access.denied", str(project.id), "Alpha")
    assert row.project_id == project.id


def test_too_low_role_is_recorded(api: Api, viewer: Any, admin: Any, project: Project) -> None:
    secret = make_secret(admin, project_id=project.id)
    client = api(viewer)
    client.delete(f"{SECRETS}/{secret.id}")
    client.post(SECRETS, {"name": "NEW", "value": CANARY, "project_id": str(project.id)})
    client.delete(f"/api/v1/projects/{project.id}")
    assert [(row.data["code"], row.subject_id, row.project_id) for row in refused_events()] == [
        ("role_too_low", str(secret.id), project.id),
        ("role_too_low", str(project.id), project.id),
        ("role_too_low", str(project.id), project.id),
    ]


def test_missing_scope_is_the_token_owners_event(api: Api, member: Any) -> None:
    new = create_token(actor=Actor.from_user(member), name="deploy", scopes=["secrets:read"])
    answer = ApiClient(bearer=new.text).post(SECRETS, {"name": "NEW", "value": CANARY})
    assert_problem(answer, 403, "scope_missing")
    row = only_refused()
    assert (row.actor_id, row.user_id) == (str(member.pk), str(member.pk))
    assert (row.credential_kind, row.credential_id) == ("service_token", str(new.row.id))
    assert seen_in(api(member).get(AUDIT)) == ["access.denied"]


def test_invalid_invitation_is_recorded(api: Api, stranger: Any) -> None:
    api(stranger).post("/api/v1/invitations/accept", {"token": "x" * 43})
    row = only_refused()
    assert (row.event, row.data["code"], row.user_id) == ("access.denied", "no_such_invitation", str(stranger.pk))


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
def test_ended_service_token_is_named_to_its_owner(api: Api, member: Any, column: str) -> None:
    new = create_token(actor=Actor.from_user(member), name="deploy", scopes=["secrets:read"])
    ServiceToken.objects.update(**{column: timezone.now() - timedelta(days=1)})
    assert_problem(ApiClient(bearer=new.text).get(SECRETS), 401, "invalid_token")
    row = only_refused()
    assert (row.event, row.actor_kind, row.actor_id) == ("credential.refused", "anonymous", "")
    assert (row.subject_kind, row.subject_id) == ("token", str(new.row.id))
    assert row.address == "127.0.0.1"
    assert seen_in(api(member).get(AUDIT)) == ["credential.refused"]


@pytest.mark.parametrize("changes", [{"revoked_at": timezone.now()}, {"max_uses": 1, "uses": 1}])
def test_ended_task_token_is_named(member: Any, changes: dict[str, Any]) -> None:
    grant, text = task_of(member, None)
    TaskGrant.objects.update(**changes)
    assert ApiClient(bearer=text).post("/api/v1/runtime/environment").status_code == 401
    assert (only_refused().event, only_refused().subject_id) == ("credential.refused", str(grant.id))


def test_attempt_of_a_task_names_its_grant(member: Any, project: Project) -> None:
    grant, text = task_of(member, project)
    client = ApiClient(bearer=text)
    assert_problem(client.post("/api/v1/runtime/secrets", {"name": "NEW", "value": CANARY}), 403, "scope_missing")
    # Changed so that nothing announces it, which would end the grant.
    Membership.objects.filter(user=member).delete()
    assert_problem(client.post("/api/v1/runtime/environment"), 403, "membership_required")
    by_scope, by_membership = refused_events()
    assert {row.credential_id for row in refused_events()} == {str(grant.id)}
    assert {row.actor_id for row in refused_events()} == {str(member.pk)}
    assert (by_scope.project_id, by_scope.user_id) == (None, str(member.pk))
    assert (by_membership.project_id, by_membership.subject_id) == (project.id, str(project.id))


def test_task_token_at_another_endpoint_is_named(member: Any) -> None:
    grant, text = task_of(member, None)
    assert ApiClient(bearer=text).get(SECRETS).status_code == 401
    assert (only_refused().event, only_refused().subject_id) == ("credential.refused", str(grant.id))


def test_ended_session_is_its_users_event(api: Api, member: Any) -> None:
    client = api(member)
    Session.objects.update(revoked_at=timezone.now())
    assert client.get(SECRETS).status_code == 401
    assert (only_refused().subject_id, only_refused().user_id) == (str(Session.objects.get().pk), str(member.pk))


@pytest.mark.parametrize("bearer", ["", "neo_sk_x", "neo_task_x", "neo_sk_" + "0" * 38, "a.b.c", CANARY])
def test_unknown_credential_is_not_kept(db: None, bearer: str) -> None:
    assert ApiClient(bearer=bearer).get(SECRETS).status_code == 401
    row = only_refused()
    assert (row.event, row.subject_id, row.user_id) == ("credential.refused", "", "")
    assert row.data["code"] == ("invalid_token" if bearer else "not_authenticated")
    assert not bearer or bearer not in f"{vars(row)}"


def test_replayed_session_makes_one_event(member: Any, api: Api) -> None:
    pair = sign_in(user=member)
    client = Client()
    for _ in range(2):
        client.post("/api/v1/auth/token/refresh", {"refresh": pair.refresh}, content_type="application/json")
    Session.objects.update(rotated_at=timezone.now() - timedelta(minutes=1))
    client.post("/api/v1/auth/token/refresh", {"refresh": pair.refresh}, content_type="application/json")
    assert [row.event for row in refused_events()] == ["credential.refused", "session.replayed"]


def test_nothing_that_was_sent_is_in_an_event(api: Api, member: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = ApiClient(bearer=CANARY)
    client.request(CANARY.upper(), f"{SECRETS}?{CANARY}={CANARY}", {CANARY: CANARY}, X_Api_Key=CANARY)
    client.post(SECRETS, {"name": "TOKEN", "value": CANARY})
    assert refused_events()
    assert CANARY not in "".join(f"{vars(row)}" for row in refused_events())


# What is no refused attempt


def test_wrong_input_is_no_refused_attempt(api: Api, member: Any) -> None:
    secret, client = make_secret(member), api(member)
    assert client.get("/api/v1/nothing").status_code == 404
    assert client.post(f"{SECRETS}/{secret.id}/versions/9/restore").status_code == 404
    assert client.post(SECRETS, {"name": "x"}).status_code == 400
    assert client.post(SECRETS, {"name": "TOKEN", "value": "x"}).status_code == 409
    assert refused_events() == []


@pytest.mark.parametrize("path", ["secrets", "projects", "task-grants", "tokens"])
def test_attempt_on_something_missing_is_nobodys_event(api: Api, member: Any, path: str) -> None:
    missing = uuid4()
    assert api(member).delete(f"/api/v1/{path}/{missing}").status_code == 404
    row = only_refused()
    assert (row.event, row.subject_id, row.subject_label) == ("access.denied", str(missing), "")
    assert (row.project_id, row.user_id) == (None, "")
    assert seen_in(api(member).get(AUDIT)) == []


def test_hidden_and_missing_objects_get_one_answer(api: Api, stranger: Any, member: Any) -> None:
    client, secret = api(stranger), make_secret(member)
    one, other = client.get(f"{SECRETS}/{secret.id}"), client.get(f"{SECRETS}/{uuid4()}")
    assert body_but_for_request_id(one) == body_but_for_request_id(other)


def test_own_events_do_not_show_whether_a_project_exists(api: Api, stranger: Any, admin: Any, project: Project) -> None:
    client = api(stranger)
    client.get(f"{SECRETS}?project_id={project.id}")
    client.get(f"{SECRETS}?project_id={uuid4()}")
    assert [(row.data["code"], row.project_id) for row in refused_events()] == [
        ("membership_required", project.id),
        ("membership_required", None),
    ]
    assert seen_in(client.get(AUDIT)) == []


def test_existing_and_missing_objects_are_counted_alike(api: Api, stranger: Any, member: Any, project: Project) -> None:
    """Else clients could tell by which of their other attempts, whose events they read, are counted apart."""
    make_secret(member)

    def told_apart(secret_id: Any, project_id: Any) -> int:
        recorder.clear()
        client, before = api(stranger), len(refused_events())
        for method in ("GET", "PATCH", "DELETE"):
            client.request(method, f"{SECRETS}/{secret_id}", EMPTY_BODIES.get(method))
            client.request(method, f"/api/v1/projects/{project_id}", EMPTY_BODIES.get(method))
        client.get(f"{SECRETS}?project_id={project_id}")
        return len(refused_events()) - before

    assert told_apart(make_secret(member, name="OTHER").id, project.id) == told_apart(uuid4(), uuid4()) == 7


# Who may read the events


def test_only_project_admins_read_attempts_on_it(
    api: Api, stranger: Any, member: Any, admin: Any, project: Project
) -> None:
    secret = make_secret(member, project_id=project.id)
    api(stranger).get(f"{SECRETS}/{secret.id}")
    assert seen_in(api(admin).get(f"{AUDIT}?project_id={project.id}")) == ["access.denied"]
    assert seen_in(api(admin).get(f"{AUDIT}?project_id={project.id}&secret_id={secret.id}")) == ["access.denied"]
    for user in (admin, member, stranger):
        assert seen_in(api(user).get(AUDIT)) == []
