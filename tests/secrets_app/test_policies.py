"""The policy table of secrets: each permission for each role, kind of actor and service token.

Only their owner has access to personal secrets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission as DjangoPermission

from neo_base.access.actors import Actor, Limits
from neo_base.access.errors import NotAMember, RoleTooLow, ScopeMissing
from projects.models import Project
from secrets_app.errors import NoSuchSecret
from secrets_app.models.token import TokenScope
from secrets_app.owners import Owner
from secrets_app.policies import PERMISSIONS, Permission, require
from tests.cast import make_project
from tests.refusals import refusal_of

pytestmark = pytest.mark.once

YES, LOW, OUT = None, RoleTooLow, NotAMember

#                            nobody  viewer  member  admin   a token needs     an operator needs
TABLE = {
    Permission.SECRET_VIEW: (OUT, YES, YES, YES, "secrets:read", "view_secret"),
    Permission.SECRET_CREATE: (OUT, LOW, YES, YES, "secrets:write", "add_secret"),
    Permission.SECRET_UPDATE: (OUT, LOW, YES, YES, "secrets:write", "change_secret"),
    Permission.SECRET_DELETE: (OUT, LOW, YES, YES, "secrets:write", "delete_secret"),
    # For people only: no token can have it.
    Permission.SECRET_PROMOTE: (OUT, LOW, YES, YES, None, "change_secret"),
    Permission.SECRET_PROMOTE_RISKY: (OUT, LOW, LOW, YES, None, "change_secret"),
    # For the user's own tokens, whatever their roles; no token can create or revoke tokens.
    Permission.TOKEN_MANAGE: (YES, YES, YES, YES, None, "change_servicetoken"),
    # For the tokens of others that reach the project alone.
    Permission.PROJECT_TOKENS_MANAGE: (OUT, LOW, LOW, YES, None, "change_servicetoken"),
    Permission.RUNTIME_USE: (OUT, LOW, YES, YES, "runtime:use", "add_taskgrant"),
    # For the user's own grants, whatever their roles.
    Permission.GRANT_MANAGE: (YES, YES, YES, YES, "runtime:use", "change_taskgrant"),
    # For task tokens, in the role of the user who granted the task.
    Permission.TASK_ENVIRONMENT: (OUT, LOW, YES, YES, "task:environment", "add_taskgrant"),
    Permission.TASK_CREATE: (OUT, LOW, YES, YES, "task:secrets:create", "add_secret"),
    # For the events of a project; everybody may read those of their own things. No token can have it.
    Permission.AUDIT_VIEW: (OUT, LOW, LOW, YES, None, "view_auditevent"),
}
ROLES = ("stranger", "viewer", "member", "admin")
CELLS = [(permission, role, row[i]) for permission, row in TABLE.items() for i, role in enumerate(ROLES)]
SCOPES = [(permission, row[4]) for permission, row in TABLE.items() if row[4]]
CODENAMES = [(permission, row[5]) for permission, row in TABLE.items()]
OF_A_PROJECT = [permission for permission, row in TABLE.items() if row[0] is OUT]
TOKEN_SCOPES = frozenset({"secrets:read", "secrets:write", "projects:read", "projects:write", "runtime:use"})
EVERY_SCOPE = TOKEN_SCOPES | {"task:environment", "task:secrets:create"}
FOR_PEOPLE = [permission for permission, row in TABLE.items() if row[4] is None]
OF_A_PROJECT_BY_TOKEN = [permission for permission in OF_A_PROJECT if permission not in FOR_PEOPLE]
OTHERS = ("stranger", "viewer", "admin", "staff", "superuser")


class EverybodyIsAMember:
    """A membership policy as a site might write it."""

    def role(self, user: Any, project_id: UUID) -> str | None:
        return "member"

    def project_ids(self, user: Any) -> Iterable[UUID]:
        return []


def user_called(name: str) -> Any:
    return get_user_model()._default_manager.get_by_natural_key(name)


def grant(user: Any, codename: str) -> Any:
    wanted = DjangoPermission.objects.get(codename=codename, content_type__app_label="secrets_app")
    user.user_permissions.add(wanted)
    return user_called(user.get_username())


def test_the_table_has_every_permission() -> None:
    assert set(TABLE) == set(Permission) == set(PERMISSIONS)


@pytest.mark.usefixtures("project", "stranger")
@pytest.mark.parametrize(("permission", "role", "refusal"), CELLS)
def test_a_user_has_the_permissions_of_their_role_in_a_project(
    permission: Permission, role: str, refusal: type | None
) -> None:
    actor, owner = Actor.from_user(user_called(role)), Owner(project_id=Project.objects.get().id)
    assert refusal_of(require, actor, permission, owner) is refusal


@pytest.mark.usefixtures("project", "stranger", "staff", "superuser")
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("permission", list(Permission))
def test_a_personal_secret_is_for_no_other_user(permission: Permission, other: str) -> None:
    actor, owner = Actor.from_user(user_called(other)), Owner(user_id=user_called("member").pk)
    assert refusal_of(require, actor, permission, owner) is NoSuchSecret


@pytest.mark.parametrize("permission", list(Permission))
def test_a_personal_secret_is_all_its_owners(permission: Permission, member: Any) -> None:
    assert refusal_of(require, Actor.from_user(member), permission, Owner(user_id=member.pk)) is None


@pytest.mark.parametrize("permission", OF_A_PROJECT)
def test_flags_give_a_user_nothing_in_a_project(permission: Permission, project: Project, superuser: Any) -> None:
    owner = Owner(project_id=project.id)
    assert refusal_of(require, Actor.from_user(superuser), permission, owner) is NotAMember


@pytest.mark.parametrize(("permission", "codename"), CODENAMES)
def test_an_operator_needs_the_django_permission_for_either_owner(
    permission: Permission, codename: str, project: Project, staff: Any, member: Any
) -> None:
    shared, personal = Owner(project_id=project.id), Owner(user_id=member.pk)
    assert refusal_of(require, Actor.from_staff(staff), permission, shared) is RoleTooLow
    assert refusal_of(require, Actor.from_staff(staff), permission, personal) is RoleTooLow
    operator = grant(staff, codename)
    assert refusal_of(require, Actor.from_staff(operator), permission, shared) is None
    assert refusal_of(require, Actor.from_staff(operator), permission, personal) is None


@pytest.mark.parametrize(("permission", "codename"), CODENAMES)
def test_an_operator_with_all_other_permissions_is_refused(
    permission: Permission, codename: str, member: Any, staff: Any
) -> None:
    staff.user_permissions.set(DjangoPermission.objects.exclude(codename=codename))
    owner = Owner(user_id=member.pk)
    assert refusal_of(require, Actor.from_staff(staff), permission, owner) is RoleTooLow


@pytest.mark.parametrize("permission", list(Permission))
def test_the_system_has_everything(permission: Permission, project: Project, member: Any) -> None:
    assert refusal_of(require, Actor.system(), permission, Owner(project_id=project.id)) is None
    assert refusal_of(require, Actor.system(), permission, Owner(user_id=member.pk)) is None


@pytest.mark.parametrize(("permission", "scope"), SCOPES)
def test_a_token_needs_the_scope_on_top_of_the_role(
    permission: Permission, scope: str, project: Project, member: Any
) -> None:
    without = Actor.from_user(member, limits=Limits(EVERY_SCOPE - {scope}))
    having = Actor.from_user(member, limits=Limits(frozenset({scope})))
    for where in (Owner(project_id=project.id), Owner(user_id=member.pk)):
        assert refusal_of(require, without, permission, where) is ScopeMissing
        assert refusal_of(require, having, permission, where) is None


@pytest.mark.usefixtures("project", "stranger")
@pytest.mark.parametrize(
    ("permission", "role", "refusal"), [cell for cell in CELLS if cell[0] in OF_A_PROJECT_BY_TOKEN]
)
def test_a_token_with_every_scope_does_no_more_than_its_owner(
    permission: Permission, role: str, refusal: type | None
) -> None:
    actor = Actor.from_user(user_called(role), limits=Limits(EVERY_SCOPE))
    assert refusal_of(require, actor, permission, Owner(project_id=Project.objects.get().id)) is refusal
    assert refusal_of(require, actor, permission, Owner(user_id=0)) is NoSuchSecret


@pytest.mark.parametrize("permission", OF_A_PROJECT_BY_TOKEN)
def test_a_token_of_one_project_reaches_nothing_else(permission: Permission, project: Project, member: Any) -> None:
    other = make_project(member)
    actor = Actor.from_user(member, limits=Limits(EVERY_SCOPE, project_id=project.id))
    assert refusal_of(require, actor, permission, Owner(project_id=project.id)) is None
    assert refusal_of(require, actor, permission, Owner(project_id=other.id)) is NotAMember
    assert refusal_of(require, actor, permission, Owner(user_id=member.pk)) is ScopeMissing


@pytest.mark.parametrize("limits", [Limits(EVERY_SCOPE), Limits(EVERY_SCOPE, project_id=UUID(int=1))])
@pytest.mark.parametrize("permission", FOR_PEOPLE)
def test_no_token_does_what_is_for_people(permission: Permission, limits: Limits, member: Any) -> None:
    actor = Actor.from_user(member, limits=limits)
    assert refusal_of(require, actor, permission, Owner(user_id=member.pk)) is ScopeMissing


def test_no_service_token_has_the_scope_of_a_task() -> None:
    assert set(TokenScope.values) == TOKEN_SCOPES


def test_the_sites_own_membership_policy_is_asked(project: Project, stranger: Any, settings: Any) -> None:
    path = f"{__name__}.{EverybodyIsAMember.__name__}"
    settings.SECRETS_APP = settings.SECRETS_APP | {"MEMBERSHIP_POLICY": path}
    owner = Owner(project_id=project.id)
    assert refusal_of(require, Actor.from_user(stranger), Permission.SECRET_CREATE, owner) is None


@pytest.mark.parametrize("ids", [{}, {"user_id": 1, "project_id": UUID(int=1)}])
def test_an_owner_is_one_user_or_one_project(ids: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="one user or one project"):
        Owner(**ids)


def test_owners_never_share_a_label() -> None:
    labels = [Owner(user_id=1).label, Owner(user_id=11).label, Owner(project_id=UUID(int=1)).label]
    assert labels == ["user:1", "user:11", f"project:{UUID(int=1)}"]
