"""POST /api/v1/projects/{id}/transfer"""

from __future__ import annotations

from typing import Any

import pytest

from neo_base.access.actors import Actor
from neo_base.access.errors import RoleTooLow
from neo_base.access.roles import Role
from projects import actions, signals
from projects.models import Membership, Project
from tests.cast import CANARY, Api
from tests.contract import PROJECTS, assert_problem, body_but_for_request_id, invalid_fields
from tests.refusals import refusal_of

BAD_IDS: list[Any] = [
    None,
    "",
    "1",
    " 1",
    1.5,
    True,
    [1],
    {},
    "0b9a7f3e-5c1d-4e2f-8a6b-7c8d9e0f1a2b",
    CANARY,
]
FIELDS = {"user_id", "username", "email", "role", "joined_at"}


@pytest.fixture
def transfer(project: Project) -> str:
    """Return the URL at which `project` is transferred."""
    return f"{PROJECTS}/{project.id}/transfer"


def roles() -> dict[str, str]:
    return dict(Membership.objects.values_list("user__username", "role"))


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("heir", ["viewer", "member"])
def test_another_member_becomes_admin_and_the_admin_member(
    api: Api, request: pytest.FixtureRequest, admin: Any, transfer: str, heir: str, slash: str
) -> None:
    user = request.getfixturevalue(heir)
    before, client = roles(), api(admin)
    answer = client.post(transfer + slash, {"user_id": user.pk})
    assert answer.status_code == 200
    assert answer.json().keys() == FIELDS
    assert (answer.json()["user_id"], answer.json()["role"]) == (user.pk, "admin")
    assert roles() == before | {"admin": "member", heir: "admin"}
    assert_problem(client.post(transfer, {"user_id": user.pk}), 403, "role_too_low")


def test_another_admin_may_be_named(api: Api, project: Project, admin: Any, member: Any, transfer: str) -> None:
    actions.change_role(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk, role=Role.ADMIN)
    assert api(admin).post(transfer, {"user_id": member.pk}).status_code == 200
    assert roles() == {"admin": "member", "member": "admin", "viewer": "viewer"}


def test_nobody_transfers_to_themselves(api: Api, admin: Any, transfer: str) -> None:
    assert_problem(api(admin).post(transfer, {"user_id": admin.pk}), 409, "transfer_to_yourself")
    assert roles()["admin"] == "admin"


def test_an_heir_who_cannot_sign_in_is_refused(api: Api, admin: Any, member: Any, transfer: str) -> None:
    member.is_active = False
    member.save()
    before = roles()
    assert_problem(api(admin).post(transfer, {"user_id": member.pk}), 409, "last_admin")
    assert roles() == before


def test_non_members_and_unknown_users_are_404_alike(
    api: Api, admin: Any, stranger: Any, exmember: Any, transfer: str
) -> None:
    client, before = api(admin), roles()
    answers = [client.post(transfer, {"user_id": pk}) for pk in (stranger.pk, exmember.pk, 10**9, -1, 10**30)]
    assert len({body_but_for_request_id(answer) for answer in answers}) == 1
    assert_problem(answers[0], 404, "not_found")
    assert roles() == before


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({}, "user_id"),
        *[({"user_id": user_id}, "user_id") for user_id in BAD_IDS],
        ({"user_id": 1, "role": "member"}, "body"),
        ({"username": "member"}, "body"),
        ([], "body"),
    ],
)
def test_other_bodies_are_refused(api: Api, admin: Any, transfer: str, body: Any, complaint: str) -> None:
    before = roles()
    assert complaint in invalid_fields(api(admin).post(transfer, body))
    assert roles() == before


@pytest.mark.parametrize(
    ("role", "status", "code"),
    [
        ("viewer", 403, "role_too_low"),
        ("member", 403, "role_too_low"),
        ("stranger", 404, "not_found"),
        ("exmember", 404, "not_found"),
        ("superuser", 404, "not_found"),
    ],
)
def test_nobody_else_transfers_it(
    api: Api, request: pytest.FixtureRequest, member: Any, transfer: str, role: str, status: int, code: str
) -> None:
    client, before = api(request.getfixturevalue(role)), roles()
    assert_problem(client.post(transfer, {"user_id": member.pk}), status, code)
    assert roles() == before


def test_an_admin_demoted_a_moment_ago_transfers_nothing(project: Project, admin: Any, viewer: Any) -> None:
    actor = Actor.from_user(admin)
    # They were admin when this request checked; another admin's request got the lock first.
    actor.roles[project.id] = Role.ADMIN
    Membership.objects.filter(user=admin).update(role=Role.MEMBER)
    refusal = refusal_of(actions.transfer_project, actor=actor, project_id=project.id, user_id=viewer.pk)
    assert refusal is RoleTooLow
    assert roles()["viewer"] == "viewer"


def test_both_changes_are_announced(
    project: Project, admin: Any, member: Any, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[tuple[str, str]] = []

    def hear(membership: Membership, **_: Any) -> None:
        heard.append((membership.user.username, membership.role))

    signals.member_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            actions.transfer_project(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk)
    finally:
        signals.member_changed.disconnect(hear)
    assert sorted(heard) == [("admin", "member"), ("member", "admin")]
