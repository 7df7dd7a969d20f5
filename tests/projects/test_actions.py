"""Actions on projects and members: announcements, permissions, and that an admin always remains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission as DjangoPermission
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.dispatch import Signal
from rest_framework.exceptions import NotFound

from neo_base.access.actors import Actor
from neo_base.access.errors import NotAMember, RoleTooLow
from neo_base.access.roles import Role
from projects import signals
from projects.actions import (
    CUT_NOTICE,
    add_member,
    change_role,
    create_project,
    cut_settings,
    delete_project,
    remove_member,
    update_project,
)
from projects.errors import AlreadyAMember, LastAdmin, NoSuchUser, ProjectExists
from projects.models import MAX_SETTINGS_LENGTH, Membership, Project
from secrets_app.models import AuditEvent
from tests.cast import make_project, make_user
from tests.refusals import refusal_of

DIFFERENT_EACH_TIME = {"id", "project_id", "joined_at", "at", "mac", "subject_id"}
NAMES = (
    "project_created",
    "project_updated",
    "project_deleted",
    "member_added",
    "member_changed",
    "member_removed",
)
ROUNDS = 5
Heard = list[tuple[str, dict[str, Any]]]
Capture = Callable[..., Any]


class GoBackError(Exception):
    pass


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Collect (signal, arguments) of each announcement, in order."""
    announced: Heard = []
    receivers: list[tuple[Signal, Any]] = []
    for name in NAMES:

        def receive(sender: Any, name: str = name, **arguments: Any) -> None:
            announced.append((name, arguments))

        signal: Signal = getattr(signals, name)
        signal.connect(receive)
        receivers.append((signal, receive))
    yield announced
    for signal, receive in receivers:
        signal.disconnect(receive)


def operator_with(user: Any, *codenames: str) -> Actor:
    wanted = DjangoPermission.objects.filter(codename__in=codenames, content_type__app_label="projects")
    user.user_permissions.set(wanted)
    return Actor.from_staff(get_user_model()._default_manager.get(pk=user.pk))


def run_all(user: Any, other: Any) -> None:
    actor = Actor.from_user(user)
    project = create_project(actor=actor, name="Alpha")
    given: dict[str, Any] = {"actor": actor, "project_id": project.id}
    update_project(**given, changes={"name": "Beta"})
    add_member(**given, username=other.get_username(), role=Role.VIEWER)
    change_role(**given, user_id=other.pk, role=Role.ADMIN)
    remove_member(**given, user_id=other.pk)
    delete_project(**given)


def test_each_change_is_announced_after_the_commit(
    admin: Any, stranger: Any, heard: Heard, django_capture_on_commit_callbacks: Capture
) -> None:
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        run_all(admin, stranger)
    assert heard == []
    for callback in callbacks:
        callback()
    assert [name for name, _ in heard] == [
        "project_created",
        "project_updated",
        "member_added",
        "member_changed",
        "member_removed",
        "project_deleted",
    ]
    assert {arguments["actor"].user for _, arguments in heard} == {admin}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_announced_of_what_was_rolled_back(admin: Any, stranger: Any, heard: Heard) -> None:
    with pytest.raises(GoBackError), transaction.atomic():
        run_all(admin, stranger)
        raise GoBackError
    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_announced_of_what_was_refused(
    project: Project, admin: Any, viewer: Any, stranger: Any, heard: Heard
) -> None:
    heard.clear()
    as_admin: dict[str, Any] = {"actor": Actor.from_user(admin), "project_id": project.id}
    as_viewer: dict[str, Any] = {"actor": Actor.from_user(viewer), "project_id": project.id}
    as_stranger: dict[str, Any] = {"actor": Actor.from_user(stranger), "project_id": project.id}
    assert refusal_of(create_project, **as_stranger) is ProjectExists
    assert refusal_of(update_project, **as_viewer, changes={"name": "x"}) is RoleTooLow
    assert refusal_of(delete_project, **as_stranger) is NotAMember
    assert refusal_of(add_member, **as_admin, username="viewer", role=Role.ADMIN) is AlreadyAMember
    assert refusal_of(add_member, **as_admin, username="nobody", role=Role.ADMIN) is NoSuchUser
    assert refusal_of(change_role, **as_admin, user_id=stranger.pk, role=Role.ADMIN) is NotFound
    assert refusal_of(change_role, **as_admin, user_id=admin.pk, role=Role.MEMBER) is LastAdmin
    assert refusal_of(remove_member, **as_admin, user_id=admin.pk) is LastAdmin
    assert refusal_of(remove_member, **as_viewer, user_id=admin.pk) is RoleTooLow
    assert heard == []
    assert set(Membership.objects.values_list("role", flat=True)) == {"admin", "member", "viewer"}


def test_an_inactive_user_cannot_be_added(project: Project, admin: Any) -> None:
    make_user("closed", is_active=False)
    given: dict[str, Any] = {"actor": Actor.from_user(admin), "project_id": project.id, "role": Role.VIEWER}
    assert refusal_of(add_member, **given, username="closed") is NoSuchUser


def test_the_system_makes_a_project_without_members(db: None) -> None:
    project = create_project(actor=Actor.system(), name="Alpha")
    assert not project.memberships.exists()


@pytest.mark.parametrize(
    ("needed", "call"),
    [
        ("change_project", lambda actor, project: update_project(actor=actor, project_id=project.id, changes={})),
        ("delete_project", lambda actor, project: delete_project(actor=actor, project_id=project.id)),
        (
            "change_membership",
            lambda actor, project: add_member(
                actor=actor, project_id=project.id, username="stranger", role=Role.VIEWER
            ),
        ),
    ],
    ids=["update", "delete", "add_member"],
)
def test_an_operator_needs_the_django_permission(
    needed: str, call: Callable[[Actor, Project], object], project: Project, staff: Any, stranger: Any
) -> None:
    others = {f"{verb}_{model}" for verb in ("add", "change", "delete", "view") for model in ("project", "membership")}
    assert refusal_of(call, operator_with(staff, *(others - {needed})), project) is RoleTooLow
    assert refusal_of(call, operator_with(staff, needed), project) is None


def test_a_project_that_is_not_there_is_not_found_by_the_system(db: None) -> None:
    assert refusal_of(delete_project, actor=Actor.system(), project_id=uuid4()) is NotFound


@pytest.mark.parametrize("over", [-1, 0, 1, 100_000])
def test_long_settings_are_cut_and_say_so(over: int) -> None:
    text = (MAX_SETTINGS_LENGTH + over) * "x"
    cut = cut_settings(text)
    assert len(cut) == min(len(text), MAX_SETTINGS_LENGTH)
    assert cut.endswith(CUT_NOTICE) is (over > 0)


@pytest.mark.parametrize("role", ["owner", "", "Admin"])
def test_the_database_knows_three_roles(role: str, project: Project, stranger: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(project=project, user=stranger, role=role)


def test_the_only_admin_of_a_project_is_not_deleted(project: Project, admin: Any, member: Any) -> None:
    with pytest.raises(ProtectedError), transaction.atomic():
        admin.delete()
    actor = Actor.from_user(admin)
    change_role(actor=actor, project_id=project.id, user_id=member.pk, role=Role.ADMIN)
    admin.delete()
    assert Membership.objects.get(role=Role.ADMIN).user == member


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("leave", [True, False])
def test_two_admins_who_go_at_once_leave_one(leave: bool, admin: Any, member: Any) -> None:
    def go(project: Project, together: Barrier, user: Any, other: Any) -> Any:
        calls: dict[bool, Callable[[], object]] = {
            True: lambda: remove_member(actor=Actor.from_user(user), project_id=project.id, user_id=user.pk),
            False: lambda: change_role(
                actor=Actor.from_user(user), project_id=project.id, user_id=other.pk, role=Role.VIEWER
            ),
        }
        try:
            together.wait(timeout=300)
            return refusal_of(calls[leave])
        finally:
            connection.close()

    for _ in range(ROUNDS):
        project, together = make_project(admin, member=Role.ADMIN), Barrier(2)
        with ThreadPoolExecutor(2) as threads:
            first = threads.submit(go, project, together, admin, member)
            second = threads.submit(go, project, together, member, admin)
        assert {first.result(), second.result()} & {None}
        assert Membership.objects.of_project(project.id).admins().count() == 1


def test_the_cast_joins_a_project_as_the_action_lets_it(admin: Any, member: Any, viewer: Any) -> None:
    actor, members = Actor.from_user(admin), {"member": Role.MEMBER, "viewer": Role.VIEWER}
    made, expected = make_project(admin, name="Made", **members), create_project(actor=actor, name="Made")
    for username, role in members.items():
        add_member(actor=actor, project_id=expected.id, username=username, role=role)
    assert stored(made) == stored(expected)


def stored(project: Project) -> list[list[dict[str, Any]]]:
    """Return the members of a project and its audit events, without what differs each time."""
    models: list[Any] = [Membership, AuditEvent]
    found = [model._default_manager.filter(project_id=project.pk).order_by("pk").values() for model in models]
    return [[{key: row[key] for key in row.keys() - DIFFERENT_EACH_TIME} for row in rows] for rows in found]
