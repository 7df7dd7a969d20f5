"""The policy table of projects, for each permission, role and kind of actor; and who belongs to which project."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission as DjangoPermission

from neo_base.access.actors import Actor, Limits
from neo_base.access.errors import NotAMember, RoleTooLow, ScopeMissing
from neo_base.access.roles import Role
from projects.models import Membership, Project
from projects.policies import PERMISSIONS, DefaultMembershipPolicy, Permission, require
from tests.cast import make_project, make_user
from tests.refusals import refusal_of

pytestmark = pytest.mark.once

YES, LOW, OUT = None, RoleTooLow, NotAMember

#                             nobody  viewer  member  admin   a token needs      an operator needs
TABLE = {
    Permission.PROJECT_LIST: (YES, YES, YES, YES, "projects:read", "view_project"),
    Permission.PROJECT_CREATE: (YES, YES, YES, YES, "projects:write", "add_project"),
    Permission.PROJECT_VIEW: (OUT, YES, YES, YES, "projects:read", "view_project"),
    Permission.PROJECT_UPDATE: (OUT, LOW, LOW, YES, "projects:write", "change_project"),
    Permission.PROJECT_DELETE: (OUT, LOW, LOW, YES, "projects:write", "delete_project"),
    Permission.PROJECT_TRANSFER: (OUT, LOW, LOW, YES, "projects:write", "change_membership"),
    Permission.MEMBERS_VIEW: (OUT, YES, YES, YES, "projects:read", "view_membership"),
    Permission.MEMBERS_MANAGE: (OUT, LOW, LOW, YES, "projects:write", "change_membership"),
    Permission.MEMBERS_LEAVE: (OUT, YES, YES, YES, "projects:write", "change_membership"),
    Permission.INVITATIONS_MANAGE: (OUT, LOW, LOW, YES, "projects:write", "change_invitation"),
    Permission.INVITATIONS_ANSWER: (YES, YES, YES, YES, "projects:write", "change_invitation"),
}
ROLES = ("stranger", "viewer", "member", "admin")
CELLS = [(permission, role, row[i]) for permission, row in TABLE.items() for i, role in enumerate(ROLES)]
SCOPES = [(permission, row[4]) for permission, row in TABLE.items()]
CODENAMES = [(permission, row[5]) for permission, row in TABLE.items()]
OF_A_PROJECT = [permission for permission, row in TABLE.items() if row[0] is OUT]
OF_NO_PROJECT = [permission for permission in TABLE if permission not in OF_A_PROJECT]
EVERY_SCOPE = frozenset({"secrets:read", "secrets:write", "projects:read", "projects:write", "runtime:use"})


def grant(user: Any, codename: str) -> Any:
    """Give the user a Django permission of `projects`; return them loaded anew, since Django caches permissions."""
    wanted = DjangoPermission.objects.get(codename=codename, content_type__app_label="projects")
    user.user_permissions.add(wanted)
    return get_user_model()._default_manager.get(pk=user.pk)


def test_the_table_has_every_permission() -> None:
    assert set(TABLE) == set(Permission) == set(PERMISSIONS)


@pytest.mark.usefixtures("project", "stranger")
@pytest.mark.parametrize(("permission", "role", "refusal"), CELLS)
def test_a_user_has_the_permissions_of_their_role(permission: Permission, role: str, refusal: type | None) -> None:
    user = get_user_model()._default_manager.get_by_natural_key(role)
    project_id = Project.objects.get().id
    assert refusal_of(require, Actor.from_user(user), permission, project_id) is refusal


@pytest.mark.parametrize("permission", OF_A_PROJECT)
def test_flags_and_django_permissions_give_a_user_nothing(
    permission: Permission, project: Project, superuser: Any, staff: Any
) -> None:
    operator = grant(staff, PERMISSIONS[permission].staff.split(".")[1])
    assert refusal_of(require, Actor.from_user(superuser), permission, project.id) is NotAMember
    assert refusal_of(require, Actor.from_user(operator), permission, project.id) is NotAMember


@pytest.mark.parametrize("permission", OF_A_PROJECT)
def test_a_project_that_is_not_there_is_as_one_of_others(permission: Permission, admin: Any) -> None:
    assert refusal_of(require, Actor.from_user(admin), permission, uuid4()) is NotAMember


@pytest.mark.parametrize(("permission", "codename"), CODENAMES)
def test_an_operator_needs_the_django_permission(
    permission: Permission, codename: str, project: Project, staff: Any
) -> None:
    assert refusal_of(require, Actor.from_staff(staff), permission, project.id) is RoleTooLow
    assert refusal_of(require, Actor.from_staff(grant(staff, codename)), permission, project.id) is None


@pytest.mark.parametrize(("permission", "codename"), CODENAMES)
def test_an_operator_with_all_other_permissions_is_refused(
    permission: Permission, codename: str, project: Project, staff: Any
) -> None:
    staff.user_permissions.set(DjangoPermission.objects.exclude(codename=codename))
    assert refusal_of(require, Actor.from_staff(staff), permission, project.id) is RoleTooLow


@pytest.mark.parametrize(("permission", "codename"), CODENAMES)
def test_an_operator_whose_account_is_closed_is_refused(
    permission: Permission, codename: str, project: Project
) -> None:
    operator = grant(make_user("closed", is_staff=True, is_active=False), codename)
    assert refusal_of(require, Actor.from_staff(operator), permission, project.id) is RoleTooLow


@pytest.mark.parametrize("permission", list(Permission))
def test_an_operator_gets_nothing_from_a_role_in_the_project(
    permission: Permission, project: Project, admin: Any
) -> None:
    assert refusal_of(require, Actor.from_staff(admin), permission, project.id) is RoleTooLow


@pytest.mark.parametrize("permission", list(Permission))
def test_superusers_as_operators_and_the_system_have_everything(
    permission: Permission, project: Project, superuser: Any
) -> None:
    assert refusal_of(require, Actor.from_staff(superuser), permission, project.id) is None
    assert refusal_of(require, Actor.system(), permission, project.id) is None


@pytest.mark.parametrize(("permission", "scope"), SCOPES)
def test_a_token_needs_the_scope_on_top_of_the_role(
    permission: Permission, scope: str, project: Project, admin: Any
) -> None:
    without = Actor.from_user(admin, limits=Limits(EVERY_SCOPE - {scope}))
    having = Actor.from_user(admin, limits=Limits(frozenset({scope})))
    assert refusal_of(require, without, permission, project.id) is ScopeMissing
    assert refusal_of(require, having, permission, project.id) is None


@pytest.mark.usefixtures("project", "stranger")
@pytest.mark.parametrize(("permission", "role", "refusal"), CELLS)
def test_a_token_with_every_scope_does_no_more_than_its_owner(
    permission: Permission, role: str, refusal: type | None
) -> None:
    user = get_user_model()._default_manager.get_by_natural_key(role)
    actor = Actor.from_user(user, limits=Limits(EVERY_SCOPE))
    assert refusal_of(require, actor, permission, Project.objects.get().id) is refusal


@pytest.mark.parametrize("permission", OF_A_PROJECT)
def test_a_token_of_one_project_reaches_no_other(permission: Permission, project: Project, admin: Any) -> None:
    other = Project.objects.create(name="Other")
    Membership.objects.create(project=other, user=admin, role=Role.ADMIN)
    actor = Actor.from_user(admin, limits=Limits(EVERY_SCOPE, project_id=project.id))
    assert refusal_of(require, actor, permission, project.id) is None
    assert refusal_of(require, actor, permission, other.id) is NotAMember


@pytest.mark.parametrize("permission", OF_NO_PROJECT)
def test_a_token_of_one_project_does_nothing_beside_it(permission: Permission, project: Project, admin: Any) -> None:
    actor = Actor.from_user(admin, limits=Limits(EVERY_SCOPE, project_id=project.id))
    assert refusal_of(require, actor, permission) is ScopeMissing


@pytest.mark.parametrize("permission", OF_A_PROJECT)
def test_what_is_about_a_project_is_refused_without_one(permission: Permission, admin: Any) -> None:
    assert refusal_of(require, Actor.from_user(admin), permission) is NotAMember


def test_a_role_counts_in_its_own_project_only(project: Project, admin: Any, stranger: Any) -> None:
    other = Project.objects.create(name="Other")
    Membership.objects.create(project=other, user=stranger, role=Role.ADMIN)
    actor = Actor.from_user(stranger)
    assert refusal_of(require, actor, Permission.PROJECT_DELETE, other.id) is None
    assert refusal_of(require, actor, Permission.PROJECT_VIEW, project.id) is NotAMember


def test_a_new_actor_reads_the_role_anew(project: Project, member: Any) -> None:
    require(Actor.from_user(member), Permission.PROJECT_VIEW, project.id)
    Membership.objects.filter(user=member).delete()
    assert refusal_of(require, Actor.from_user(member), Permission.PROJECT_VIEW, project.id) is NotAMember


# The membership policy of a site with the projects of this app


def test_the_projects_of_a_user_are_those_of_their_memberships(project: Project, admin: Any, stranger: Any) -> None:
    policy, other = DefaultMembershipPolicy(), make_project(admin, name="Beta")
    make_project(stranger, name="Gamma")
    assert sorted(policy.project_ids(admin)) == sorted([project.id, other.id])


def test_who_belongs_to_nothing_has_no_projects(project: Project, stranger: Any) -> None:
    assert list(DefaultMembershipPolicy().project_ids(stranger)) == []


def test_a_user_has_a_role_as_a_member_and_none_elsewhere(project: Project, viewer: Any, stranger: Any) -> None:
    policy = DefaultMembershipPolicy()
    assert policy.role(viewer, project.id) == "viewer"
    assert policy.role(stranger, project.id) is None
    assert policy.role(viewer, uuid4()) is None
