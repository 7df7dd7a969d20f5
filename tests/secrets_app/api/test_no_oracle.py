"""Objects that a caller cannot see get exactly the same answers as objects that do not exist."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from projects.models import Project
from tests.cast import CANARY, EMPTY_BODIES, Api, make_project, make_secret
from tests.contract import BATCH, SECRETS, assert_problem, body_but_for_request_id

pytestmark = pytest.mark.once

OUTSIDERS = ["stranger", "exmember", "staff", "superuser"]
REQUESTS = [
    ("GET", "", None),
    ("PATCH", "", {"default_available": True}),
    ("PATCH", "", {"value": CANARY}),
    ("PATCH", "", {"unknown": CANARY}),
    ("PATCH", "", {}),
    ("PATCH", "", b"{"),
    ("DELETE", "", None),
    ("PUT", "", {"value": CANARY}),
    ("POST", "", {"value": CANARY}),
    ("GET", "/versions", None),
    ("GET", "/versions?limit=0", None),
    ("GET", "?unknown=1", None),
    ("POST", "/versions/1/restore", None),
    ("POST", "/versions/7/restore", None),
]


@pytest.mark.parametrize("outsider", OUTSIDERS)
@pytest.mark.parametrize(("method", "rest", "body"), REQUESTS)
def test_a_secret_of_a_foreign_project_is_like_none(
    api: Api,
    request: pytest.FixtureRequest,
    member: Any,
    project: Project,
    outsider: str,
    method: str,
    rest: str,
    body: Any,
) -> None:
    client = api(request.getfixturevalue(outsider))
    hidden, absent = make_secret(member, project_id=project.id).id, uuid4()
    answers = [client.request(method, f"{SECRETS}/{key}{rest}", body) for key in (hidden, absent)]
    assert body_but_for_request_id(answers[0]) == body_but_for_request_id(answers[1])
    assert answers[0].status_code in (400, 404, 405)


@pytest.mark.parametrize("if_match", ['"1"', '"0"', "*"])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_an_etag_tells_nothing_of_a_foreign_secret(
    api: Api, stranger: Any, member: Any, project: Project, method: str, if_match: str
) -> None:
    client, hidden = api(stranger), make_secret(member, project_id=project.id).id
    answers = [
        client.request(method, f"{SECRETS}/{key}", EMPTY_BODIES.get(method), If_Match=if_match)
        for key in (hidden, uuid4())
    ]
    assert body_but_for_request_id(answers[0]) == body_but_for_request_id(answers[1])
    assert_problem(answers[0], 404, "not_found")


@pytest.mark.parametrize(("method", "rest", "body"), REQUESTS)
def test_a_foreign_personal_secret_is_like_none_for_members_too(
    api: Api, admin: Any, member: Any, project: Project, method: str, rest: str, body: Any
) -> None:
    client = api(admin)
    answers = [client.request(method, f"{SECRETS}/{key}{rest}", body) for key in (make_secret(member).id, uuid4())]
    assert body_but_for_request_id(answers[0]) == body_but_for_request_id(answers[1])


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_a_foreign_project_is_like_an_unknown_one_everywhere(
    api: Api, request: pytest.FixtureRequest, project: Project, outsider: str
) -> None:
    client = api(request.getfixturevalue(outsider))
    answers = []
    for key in (project.id, uuid4()):
        item = {"name": "NEW", "value": CANARY, "project_id": str(key)}
        answers += [
            client.get(f"{SECRETS}?project_id={key}"),
            client.post(SECRETS, item),
            client.post(BATCH, {"secrets": [item]}),
            client.post(BATCH, {"secrets": [{"name": "MINE", "value": CANARY}, item]}),
            # An incomplete body gets the same answer, because membership is checked before validation.
            client.post(SECRETS, {"project_id": str(key)}),
        ]
    assert len({body_but_for_request_id(answer) for answer in answers}) == 1
    assert_problem(answers[0], 403, "membership_required")


def test_an_id_of_one_project_is_not_in_another(api: Api, admin: Any, project: Project) -> None:
    other = make_project(admin)
    secret = make_secret(admin, project_id=project.id)
    listed = api(admin).get(f"{SECRETS}?project_id={other.id}").json()
    assert str(secret.id) not in [row["id"] for row in listed["results"]]


def test_a_name_taken_by_a_foreign_owner_is_free(api: Api, stranger: Any, member: Any, project: Project) -> None:
    make_secret(member)
    make_secret(member, project_id=project.id)
    assert api(stranger).post(SECRETS, {"name": "TOKEN", "value": "x"}).status_code == 201


@pytest.mark.parametrize("outsider", OUTSIDERS)
@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "mine"}),
        ("PATCH", "", b"{"),
        ("DELETE", "", None),
        ("GET", "/members", None),
        ("POST", "/members", {"username": "stranger", "role": "admin"}),
        ("POST", "/members", {}),
        ("PATCH", "/members/1", {"role": "viewer"}),
        ("DELETE", "/members/1", None),
    ],
)
def test_a_foreign_project_itself_is_like_none(
    api: Api, request: pytest.FixtureRequest, project: Project, outsider: str, method: str, rest: str, body: Any
) -> None:
    client = api(request.getfixturevalue(outsider))
    answers = [client.request(method, f"/api/v1/projects/{key}{rest}", body) for key in (project.id, uuid4())]
    assert body_but_for_request_id(answers[0]) == body_but_for_request_id(answers[1])
    assert_problem(answers[0], 404, "not_found")
