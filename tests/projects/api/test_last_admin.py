"""The last admin: a project always keeps one."""

from __future__ import annotations

from typing import Any

import pytest

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from projects.actions import change_role
from projects.models import Membership, Project
from tests.cast import Api, make_project
from tests.contract import PROJECTS, assert_problem


@pytest.fixture
def members(project: Project) -> str:
    """Return the URL of the members of `project`, which has one admin."""
    return f"{PROJECTS}/{project.id}/members"


def admins() -> list[str]:
    return list(Membership.objects.admins().values_list("user__username", flat=True))


def test_the_last_admin_cannot_leave(api: Api, admin: Any, members: str) -> None:
    assert_problem(api(admin).delete(f"{members}/{admin.pk}"), 409, "last_admin")
    assert admins() == ["admin"]


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_the_last_admin_cannot_lower_their_role(api: Api, admin: Any, members: str, role: str) -> None:
    assert_problem(api(admin).patch(f"{members}/{admin.pk}", {"role": role}), 409, "last_admin")
    assert admins() == ["admin"]


def test_the_last_admin_may_be_set_to_admin_again(api: Api, admin: Any, members: str) -> None:
    assert api(admin).patch(f"{members}/{admin.pk}", {"role": "admin"}).status_code == 200


def test_the_only_member_cannot_leave(api: Api, stranger: Any) -> None:
    project = make_project(stranger)
    assert_problem(api(stranger).delete(f"{PROJECTS}/{project.id}/members/{stranger.pk}"), 409, "last_admin")


def test_an_admin_may_leave_while_another_stays(api: Api, admin: Any, member: Any, members: str) -> None:
    client = api(admin)
    client.patch(f"{members}/{member.pk}", {"role": "admin"})
    assert client.delete(f"{members}/{admin.pk}").status_code == 204
    assert admins() == ["member"]


def test_after_one_admin_leaves_the_other_is_the_last(
    api: Api, admin: Any, member: Any, project: Project, members: str
) -> None:
    change_role(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk, role=Role.ADMIN)
    client = api(member)
    assert client.patch(f"{members}/{admin.pk}", {"role": "viewer"}).status_code == 200
    assert_problem(client.patch(f"{members}/{member.pk}", {"role": "viewer"}), 409, "last_admin")
    assert_problem(client.delete(f"{members}/{member.pk}"), 409, "last_admin")
    assert admins() == ["member"]


def test_an_admin_of_another_project_does_not_count(api: Api, admin: Any, stranger: Any, members: str) -> None:
    make_project(stranger)
    make_project(admin)
    assert_problem(api(admin).delete(f"{members}/{admin.pk}"), 409, "last_admin")


def test_an_admin_who_cannot_sign_in_does_not_count(
    api: Api, admin: Any, member: Any, project: Project, members: str
) -> None:
    change_role(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk, role=Role.ADMIN)
    type(member).objects.filter(pk=member.pk).update(is_active=False)
    assert_problem(api(admin).delete(f"{members}/{admin.pk}"), 409, "last_admin")
    type(member).objects.filter(pk=member.pk).update(is_active=True)
    assert api(admin).delete(f"{members}/{admin.pk}").status_code == 204
