"""Service tokens: creating, using, limiting and revoking them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from neo_base.access.actors import Actor
from projects.models import Membership, Project
from secrets_app.actions.tokens import NewToken, create_token, note_use, revoke_token
from secrets_app.models import AuditEvent, Secret, ServiceToken
from secrets_app.token_format import new_token
from tests.cast import CANARY, EMPTY_BODIES, Api, ApiClient, make_project, make_secret

ALL = ("secrets:read", "secrets:write", "projects:read", "projects:write")

MakeToken = Callable[..., NewToken]


@pytest.fixture
def make_token(db: None) -> MakeToken:
    """Return a function that creates a token of a user, with all scopes by default."""

    def make(user: Any, *scopes: str, **columns: Any) -> NewToken:
        return create_token(actor=Actor.from_user(user), name="CI", scopes=scopes or ALL, **columns)

    return make


def bearer(token: NewToken) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.text}"}


def body(**changes: Any) -> dict[str, Any]:
    return {"name": "CI", "scopes": ["secrets:read"], **changes}


def test_it_is_shown_once_and_stored_as_a_digest(api: Api, member: Any) -> None:
    client = api(member)
    answer = client.post("/api/v1/tokens", body())
    assert answer.status_code == 201
    text = answer.json()["token"]
    assert text.startswith(answer.json()["prefix"])
    listed = client.get("/api/v1/tokens").json()["results"]
    assert [row["id"] for row in listed] == [answer.json()["id"]]
    assert "token" not in listed[0]
    assert text not in repr(list(ServiceToken.objects.values()))


@pytest.mark.parametrize("header", ["Authorization", "X_Api_Key"])
def test_it_signs_in_by_either_header(api: Api, member: Any, make_token: MakeToken, header: str) -> None:
    secret = make_secret(member)
    token = make_token(member)
    credential = {"Authorization": f"bearer {token.text}", "X_Api_Key": token.text}[header]
    answer = api(None).get("/api/v1/secrets", **{header: credential})
    assert [row["id"] for row in answer.json()["results"]] == [str(secret.id)]


def test_two_credentials_are_refused(api: Api, member: Any, make_token: MakeToken) -> None:
    token = make_token(member)
    assert api(member).get("/api/v1/secrets", X_Api_Key=token.text).status_code == 401
    assert api(None).get("/api/v1/secrets", **bearer(token), X_Api_Key=token.text).status_code == 401


@pytest.mark.parametrize(
    "text",
    [new_token(), "neo_sk_", "neo_sk_" + 38 * "0", "neo_sk_x", f"{new_token()},{new_token()}"],
    ids=["unknown", "no body", "wrong checksum", "short", "two"],
)
def test_what_is_not_a_token_is_refused_in_one_way(api: Api, db: None, text: str) -> None:
    answers = [
        api(None).get("/api/v1/secrets", X_Api_Key=text),
        api(None).get("/api/v1/secrets", Authorization=f"Bearer neo_sk_{text}"),
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert {answer.json()["code"] for answer in answers} == {"invalid_token"}
    assert answers[0].headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("text", ["x", "", "sk_live_of_another_service"])
def test_api_key_without_our_prefix_counts_as_none(api: Api, member: Any, make_token: MakeToken, text: str) -> None:
    assert api(None).get("/api/v1/secrets", X_Api_Key=text).json()["code"] == "not_authenticated"
    assert api(member).get("/api/v1/secrets", X_Api_Key=text).status_code == 200
    assert api(None).get("/api/v1/secrets", X_Api_Key=text, **bearer(make_token(member))).status_code == 200


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("secrets:read", "GET", "/api/v1/secrets", 200),
        ("secrets:read", "GET", "/api/v1/secrets/{secret}", 200),
        ("secrets:read", "GET", "/api/v1/secrets/{secret}/versions", 200),
        ("secrets:read", "GET", "/api/v1/secrets?project_id={project}", 200),
        ("secrets:read", "POST", "/api/v1/secrets", 403),
        ("secrets:read", "POST", "/api/v1/secrets/batch", 403),
        ("secrets:read", "PATCH", "/api/v1/secrets/{secret}", 403),
        ("secrets:read", "DELETE", "/api/v1/secrets/{secret}", 403),
        ("secrets:read", "POST", "/api/v1/secrets/{secret}/versions/1/restore", 403),
        ("secrets:write", "GET", "/api/v1/secrets", 403),
        ("secrets:write", "GET", "/api/v1/secrets/{secret}", 403),
        ("secrets:write", "PATCH", "/api/v1/secrets/{secret}", 200),
        ("secrets:write", "DELETE", "/api/v1/secrets/{secret}", 204),
        ("secrets:write", "GET", "/api/v1/projects", 403),
        ("projects:read", "GET", "/api/v1/projects", 200),
        ("projects:read", "GET", "/api/v1/projects/{project}", 200),
        ("projects:read", "GET", "/api/v1/projects/{project}/members", 200),
        ("projects:read", "POST", "/api/v1/projects", 403),
        ("projects:read", "PATCH", "/api/v1/projects/{project}", 403),
        ("projects:read", "DELETE", "/api/v1/projects/{project}/members/{owner}", 403),
        ("projects:write", "DELETE", "/api/v1/projects/{project}/members/{owner}", 409),
        ("projects:write", "POST", "/api/v1/projects", 201),
        ("projects:write", "PATCH", "/api/v1/projects/{project}", 200),
        ("projects:write", "GET", "/api/v1/projects/{project}", 403),
        ("runtime:use", "GET", "/api/v1/secrets", 403),
        ("runtime:use", "GET", "/api/v1/projects", 403),
    ],
)
def test_each_scope_opens_what_it_names(
    api: Api, admin: Any, project: Project, make_token: MakeToken, scope: str, method: str, path: str, status: int
) -> None:
    secret = make_secret(admin)
    address = path.format(secret=secret.id, project=project.id, owner=admin.pk)
    answer = api(None).request(method, address, EMPTY_BODIES.get(method), **bearer(make_token(admin, scope)))
    assert answer.status_code == status


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", ""), ("DELETE", "/{token}")])
def test_a_token_makes_shows_and_revokes_no_tokens(
    api: Api, member: Any, make_token: MakeToken, method: str, path: str
) -> None:
    token = make_token(member)
    address = "/api/v1/tokens" + path.format(token=token.row.id)
    answer = api(None).request(method, address, body(), **bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert ServiceToken.objects.usable().count() == 1


def test_it_never_does_more_than_its_owner_may(api: Api, viewer: Any, project: Project, make_token: MakeToken) -> None:
    answer = api(None).post(
        "/api/v1/secrets",
        {"name": "A", "value": CANARY, "project_id": str(project.id)},
        **bearer(make_token(viewer)),
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low")


def test_it_loses_a_project_with_its_owner(api: Api, member: Any, project: Project, make_token: MakeToken) -> None:
    secret = make_secret(member, project_id=project.id)
    token = make_token(member)
    address = f"/api/v1/secrets/{secret.id}"
    assert api(None).get(address, **bearer(token)).status_code == 200
    # Changed so that nothing announces it.
    Membership.objects.filter(user=member).delete()
    assert api(None).get(address, **bearer(token)).status_code == 404


class TestATokenOfOneProject:
    @pytest.fixture
    def token(self, member: Any, project: Project, make_token: MakeToken) -> NewToken:
        return make_token(member, project_id=project.id)

    def test_it_reaches_its_project(self, api: Api, member: Any, project: Project, token: NewToken) -> None:
        secret = make_secret(member, project_id=project.id)
        client = api(None)
        assert client.get(f"/api/v1/secrets/{secret.id}", **bearer(token)).status_code == 200
        assert client.get(f"/api/v1/projects/{project.id}", **bearer(token)).status_code == 200

    def test_it_does_not_reach_personal_secrets(self, api: Api, member: Any, token: NewToken) -> None:
        secret = make_secret(member)
        client = api(None)
        assert client.get(f"/api/v1/secrets/{secret.id}", **bearer(token)).status_code == 404
        assert client.get("/api/v1/secrets", **bearer(token)).json()["code"] == "scope_missing"
        assert client.post("/api/v1/secrets", {"name": "A", "value": "v"}, **bearer(token)).status_code == 403
        assert Secret.objects.count() == 1

    def test_it_does_not_reach_another_project_of_its_owner(self, api: Api, member: Any, token: NewToken) -> None:
        other = make_project(member)
        secret = make_secret(member, project_id=other.id)
        client = api(None)
        assert client.get(f"/api/v1/secrets/{secret.id}", **bearer(token)).status_code == 404
        assert client.get(f"/api/v1/secrets?project_id={other.id}", **bearer(token)).status_code == 403
        assert client.get(f"/api/v1/projects/{other.id}", **bearer(token)).status_code == 404
        assert client.get("/api/v1/projects", **bearer(token)).status_code == 403
        assert client.post("/api/v1/projects", {}, **bearer(token)).status_code == 403


def test_it_cannot_be_made_for_a_project_of_others(api: Api, stranger: Any, project: Project) -> None:
    unknown = api(stranger).post("/api/v1/tokens", body(project_id="00000000-0000-0000-0000-000000000000"))
    foreign = api(stranger).post("/api/v1/tokens", body(project_id=str(project.id)))
    assert foreign.status_code == unknown.status_code == 403
    assert {**foreign.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": 129 * "x"},
        {"name": "a\nb"},
        {"scopes": []},
        {"scopes": ["secrets:everything"]},
        {"scopes": "secrets:read"},
        {"scopes": 6 * ["secrets:read"]},
        {"expires_at": "tomorrow"},
        {"owner": 1},
        {"token": "neo_sk_x"},
    ],
)
def test_invalid_input_makes_no_token(api: Api, member: Any, change: dict[str, Any]) -> None:
    assert api(member).post("/api/v1/tokens", body(**change)).status_code == 400
    assert not ServiceToken.objects.exists()


def test_an_expiry_in_the_past_is_refused(api: Api, member: Any) -> None:
    answer = api(member).post("/api/v1/tokens", body(expires_at="2020-01-01T00:00:00Z"))
    assert (answer.status_code, answer.json()["code"]) == (409, "expiry_passed")


def test_an_expired_token_is_refused(api: Api, member: Any, make_token: MakeToken) -> None:
    token = make_token(member, expires_at=timezone.now() + timedelta(hours=1))
    assert api(None).get("/api/v1/secrets", **bearer(token)).status_code == 200
    ServiceToken.objects.update(expires_at=timezone.now())
    assert api(None).get("/api/v1/secrets", **bearer(token)).status_code == 401


def test_a_revoked_token_is_refused_at_the_next_request(api: Api, member: Any, make_token: MakeToken) -> None:
    token = make_token(member)
    client = api(member)
    assert client.delete(f"/api/v1/tokens/{token.row.id}").status_code == 204
    assert api(None).get("/api/v1/secrets", **bearer(token)).status_code == 401
    assert client.delete(f"/api/v1/tokens/{token.row.id}").status_code == 404
    assert client.get("/api/v1/tokens").json()["count"] == 0


def test_an_inactive_owner_is_refused(api: Api, member: Any, make_token: MakeToken) -> None:
    token = make_token(member)
    member.is_active = False
    member.save(update_fields=["is_active"])
    assert api(None).get("/api/v1/secrets", **bearer(token)).status_code == 401


def test_tokens_of_others_are_as_if_they_did_not_exist(
    api: Api, member: Any, stranger: Any, make_token: MakeToken
) -> None:
    token = make_token(member)
    answer = api(stranger).delete(f"/api/v1/tokens/{token.row.id}")
    missing = api(stranger).delete("/api/v1/tokens/00000000-0000-0000-0000-000000000000")
    assert answer.status_code == missing.status_code == 404
    assert {**answer.json(), "request_id": ""} == {**missing.json(), "request_id": ""}
    assert ServiceToken.objects.usable().exists()


def test_a_user_has_so_many_and_no_more(api: Api, member: Any, make_token: MakeToken, settings: Any) -> None:
    settings.SECRETS_APP = {**settings.SECRETS_APP, "MAX_TOKENS_PER_USER": 1}
    token = make_token(member)
    assert api(member).post("/api/v1/tokens", body()).json()["code"] == "too_many_tokens"
    revoke_token(actor=Actor.from_user(member), token_id=token.row.id)
    assert api(member).post("/api/v1/tokens", body()).status_code == 201


def test_use_is_noted_at_most_once_a_minute(member: Any, make_token: MakeToken) -> None:
    row = make_token(member).row
    now = timezone.now()
    with CaptureQueriesContext(connection) as queries:
        for seconds in (0, 1, 59, 61):
            note_use(row, now=now + timedelta(seconds=seconds))
            row.refresh_from_db()
    assert len([query for query in queries if query["sql"].startswith("UPDATE")]) == 2
    assert row.last_used_at == now + timedelta(seconds=61)


def test_signing_in_with_it_costs_one_query(member: Any, make_token: MakeToken, django_assert_num_queries: Any) -> None:
    token = make_token(member)
    client = ApiClient()
    client.get("/api/v1/secrets", **bearer(token))
    with django_assert_num_queries(2):  # one for the token with its owner, one for the list
        answer = client.get("/api/v1/secrets", **bearer(token))
    assert answer.status_code == 200


def test_the_text_is_in_no_representation(member: Any, make_token: MakeToken) -> None:
    token = make_token(member)
    assert token.text not in f"{token!r} {token} {token.row!r} {token.row}"


def test_admins_list_whose_tokens_reach_the_project_alone(
    api: Api, member: Any, admin: Any, project: Project, make_token: MakeToken
) -> None:
    here = make_token(member, project_id=project.id)
    make_token(member)
    make_token(admin)
    answer = api(admin).get(f"/api/v1/tokens?project_id={project.id}").json()
    assert [(row["id"], row["username"]) for row in answer["results"]] == [(str(here.row.id), "member")]
    assert here.text not in str(answer)


def test_a_token_ended_by_an_admin_is_in_both_logs(
    api: Api, member: Any, admin: Any, project: Project, make_token: MakeToken
) -> None:
    here = make_token(member, project_id=project.id)
    assert api(admin).delete(f"/api/v1/tokens/{here.row.id}").status_code == 204
    told = AuditEvent.objects.filter(subject_id=str(here.row.id), actor_id=str(admin.pk)).order_by("event")
    assert list(told.values_list("event", "user_id", "project_id")) == [
        ("token.revoked", str(member.pk), None),
        ("token.withdrawn", "", project.id),
    ]


def test_an_admin_does_not_end_a_members_token_that_reaches_more(
    api: Api, member: Any, admin: Any, project: Project, make_token: MakeToken
) -> None:
    anywhere = make_token(member)
    assert api(admin).delete(f"/api/v1/tokens/{anywhere.row.id}").status_code == 404
    assert ServiceToken.objects.usable().filter(pk=anywhere.row.pk).exists()
