"""Roles in a project: who may do what with its secrets through the API."""

from __future__ import annotations

from typing import Any

import pytest

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from projects.actions import add_member
from projects.models import Project
from secrets_app.models import Secret
from tests.cast import CANARY, Api, make_secret
from tests.contract import SECRETS, assert_problem, stored_value

# Method, path, body, status for a member of the project, status for anyone outside of it.
CHANGES = [
    ("POST", SECRETS, {"name": "NEW", "value": CANARY, "project_id": "{project}"}, 201, 403),
    ("POST", f"{SECRETS}/batch", {"secrets": [{"name": "NEW", "value": CANARY, "project_id": "{project}"}]}, 201, 403),
    ("PATCH", f"{SECRETS}/{{secret}}", {"value": "another"}, 200, 404),
    ("PATCH", f"{SECRETS}/{{secret}}", {"default_available": True}, 200, 404),
    ("PATCH", f"{SECRETS}/{{secret}}", {}, 200, 404),
    ("POST", f"{SECRETS}/{{secret}}/versions/1/restore", None, 200, 404),
    ("DELETE", f"{SECRETS}/{{secret}}", None, 204, 404),
]
READS = [
    (f"{SECRETS}?project_id={{project}}", 403),
    (f"{SECRETS}/{{secret}}", 404),
    (f"{SECRETS}/{{secret}}/versions", 404),
]
OUTSIDERS = ["stranger", "exmember", "staff", "superuser"]


@pytest.fixture
def secret(project: Project, member: Any) -> Secret:
    """Return a secret of `project`."""
    return make_secret(member, value="the first value", project_id=project.id)


def fill(template: Any, secret: Secret) -> Any:
    """Return `template` with the ids of this secret and of its project filled in."""
    match template:
        case str():
            return template.replace("{project}", str(secret.project_id)).replace("{secret}", str(secret.id))
        case dict():
            return {name: fill(content, secret) for name, content in template.items()}
        case list():
            return [fill(content, secret) for content in template]
    return template


@pytest.mark.parametrize("role", ["member", "admin"])
@pytest.mark.parametrize(("method", "path", "body", "status", "refusal"), CHANGES)
def test_members_and_admins_change_secrets_of_the_project(
    api: Api,
    request: pytest.FixtureRequest,
    secret: Secret,
    role: str,
    method: str,
    path: str,
    body: Any,
    status: int,
    refusal: int,
) -> None:
    client = api(request.getfixturevalue(role))
    assert client.request(method, fill(path, secret), fill(body, secret)).status_code == status


@pytest.mark.parametrize(("method", "path", "body", "status", "refusal"), CHANGES)
def test_viewers_change_nothing(
    api: Api, viewer: Any, secret: Secret, method: str, path: str, body: Any, status: int, refusal: int
) -> None:
    answer = api(viewer).request(method, fill(path, secret), fill(body, secret))
    assert_problem(answer, 403, "role_too_low")
    unchanged = Secret.objects.get()
    assert (unchanged.id, unchanged.revision) == (secret.id, secret.revision)
    assert stored_value(secret.id) == "the first value"


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
@pytest.mark.parametrize(("path", "refusal"), READS)
def test_every_role_reads(
    api: Api, request: pytest.FixtureRequest, secret: Secret, role: str, path: str, refusal: int
) -> None:
    answer = api(request.getfixturevalue(role)).get(fill(path, secret))
    assert answer.status_code == 200
    assert "the first value" not in answer.content.decode()


@pytest.mark.parametrize("outsider", OUTSIDERS)
@pytest.mark.parametrize(("method", "path", "body", "status", "refusal"), CHANGES)
def test_who_does_not_belong_changes_nothing(
    api: Api,
    request: pytest.FixtureRequest,
    secret: Secret,
    outsider: str,
    method: str,
    path: str,
    body: Any,
    status: int,
    refusal: int,
) -> None:
    client = api(request.getfixturevalue(outsider))
    answer = client.request(method, fill(path, secret), fill(body, secret))
    assert answer.status_code == refusal
    assert stored_value(secret.id) == "the first value"
    assert Secret.objects.count() == 1


@pytest.mark.parametrize("outsider", OUTSIDERS)
@pytest.mark.parametrize(("path", "refusal"), READS)
def test_who_does_not_belong_reads_nothing(
    api: Api, request: pytest.FixtureRequest, secret: Secret, outsider: str, path: str, refusal: int
) -> None:
    answer = api(request.getfixturevalue(outsider)).get(fill(path, secret))
    assert answer.status_code == refusal


@pytest.mark.parametrize("other", ["admin", "viewer", "stranger", "exmember", "staff", "superuser"])
@pytest.mark.parametrize(("method", "path", "body", "status", "refusal"), CHANGES[2:])
def test_personal_secrets_are_their_owners_alone(
    api: Api,
    request: pytest.FixtureRequest,
    member: Any,
    other: str,
    method: str,
    path: str,
    body: Any,
    status: int,
    refusal: int,
) -> None:
    secret = make_secret(member, value="the first value")
    client = api(request.getfixturevalue(other))
    assert_problem(client.request(method, fill(path, secret), body), 404, "not_found")
    assert stored_value(secret.id) == "the first value"


@pytest.mark.parametrize("outsider", ["staff", "superuser"])
def test_operators_have_the_role_that_they_are_given(
    api: Api, request: pytest.FixtureRequest, admin: Any, project: Project, secret: Secret, outsider: str
) -> None:
    operator = request.getfixturevalue(outsider)
    add_member(actor=Actor.from_user(admin), project_id=project.id, username=operator.username, role=Role.VIEWER)
    client = api(operator)
    assert client.get(f"{SECRETS}/{secret.id}").status_code == 200
    assert_problem(client.delete(f"{SECRETS}/{secret.id}"), 403, "role_too_low")


@pytest.mark.parametrize("path", ["", "/batch", "/{secret}", "/{secret}/versions", "/{secret}/versions/1/restore"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_nobody_gets_in_without_signing_in(api: Api, secret: Secret, method: str, path: str) -> None:
    answer = api(None).request(method, fill(SECRETS + path, secret), {})
    assert_problem(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
