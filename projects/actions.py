"""Everything that changes projects and memberships: require, change, announce on commit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import NotFound

from projects import signals
from projects.actors import Actor, Kind
from projects.errors import AlreadyAMember, LastAdmin, NoSuchUser, ProjectExists
from projects.models import MAX_SETTINGS_LENGTH, Membership, Project
from projects.policies import Permission, require
from projects.roles import Role

CUT_NOTICE = "\n\n[Cut: settings hold at most 35,000 characters.]"


@transaction.atomic
def create_project(
    *,
    actor: Actor,
    project_id: UUID | None = None,
    name: str = "",
    settings_md: str = "",
    tags: list[str] | None = None,
) -> Project:
    """A new project whose creator is its first admin. Raises ProjectExists when the id is taken."""
    require(actor, Permission.PROJECT_CREATE)
    now = timezone.now()
    project = Project(
        id=project_id or uuid4(),
        name=name,
        settings_md=cut_settings(settings_md),
        tags=tags or [],
        created_at=now,
        updated_at=now,
    )
    try:
        with transaction.atomic():
            project.save(force_insert=True)
    except IntegrityError:
        raise ProjectExists() from None
    if actor.kind is not Kind.SYSTEM:
        Membership.objects.create(project=project, user=actor.user, role=Role.ADMIN)
    signals.announce(signals.project_created, Project, project=project, actor=actor)
    return project


@transaction.atomic
def update_project(*, actor: Actor, project_id: UUID, changes: Mapping[str, Any]) -> Project:
    """Set `name`, `settings_md` or `tags`, whichever `changes` holds."""
    require(actor, Permission.PROJECT_UPDATE, project_id)
    project = _lock(project_id)
    for field, value in changes.items():
        setattr(project, field, cut_settings(value) if field == "settings_md" else value)
    project.updated_at = timezone.now()
    project.save(update_fields=[*changes, "updated_at"])
    signals.announce(signals.project_updated, Project, project=project, actor=actor)
    return project


@transaction.atomic
def delete_project(*, actor: Actor, project_id: UUID) -> None:
    """Delete the project and, by cascade, all that belongs to it, its secrets and their data keys included."""
    require(actor, Permission.PROJECT_DELETE, project_id)
    _lock(project_id).delete()
    signals.announce(signals.project_deleted, Project, project_id=project_id, actor=actor)


@transaction.atomic
def add_member(*, actor: Actor, project_id: UUID, username: str, role: Role) -> Membership:
    """Raises NoSuchUser for an unknown or inactive user, AlreadyAMember for a member."""
    require(actor, Permission.MEMBERS_MANAGE, project_id)
    user_model = get_user_model()
    try:
        user = user_model._default_manager.get_by_natural_key(username)
    except user_model.DoesNotExist:
        raise NoSuchUser() from None
    if not user.is_active:
        raise NoSuchUser()
    _lock(project_id)
    membership, created = Membership.objects.get_or_create(project_id=project_id, user=user, defaults={"role": role})
    if not created:
        raise AlreadyAMember()
    signals.announce(signals.member_added, Membership, membership=membership, actor=actor)
    return membership


@transaction.atomic
def change_role(*, actor: Actor, project_id: UUID, user_id: Any, role: Role) -> Membership:
    """Raises NotFound for no member, LastAdmin where the project would keep none."""
    require(actor, Permission.MEMBERS_MANAGE, project_id)
    _lock(project_id)
    membership = _member(project_id, user_id)
    if role != Role.ADMIN:
        _require_another_admin(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    signals.announce(signals.member_changed, Membership, membership=membership, actor=actor)
    return membership


@transaction.atomic
def remove_member(*, actor: Actor, project_id: UUID, user_id: Any) -> None:
    """Remove a member; anybody may remove himself. Raises NotFound for no member, LastAdmin for the last admin."""
    leaves = actor.kind is Kind.USER and actor.user.pk == user_id
    require(actor, Permission.PROJECT_VIEW if leaves else Permission.MEMBERS_MANAGE, project_id)
    _lock(project_id)
    membership = _member(project_id, user_id)
    _require_another_admin(membership)
    membership.delete()
    signals.announce(signals.member_removed, Membership, project_id=project_id, user_id=user_id, actor=actor)


def cut_settings(text: str) -> str:
    """`text`, or its beginning and a notice when it is longer than settings may be."""
    if len(text) <= MAX_SETTINGS_LENGTH:
        return text
    return text[: MAX_SETTINGS_LENGTH - len(CUT_NOTICE)] + CUT_NOTICE


def _lock(project_id: UUID) -> Project:
    """The project, locked until commit: changes to its members follow one another, so none misses the last admin."""
    project = Project.objects.select_for_update(no_key=True).filter(pk=project_id).first()
    if project is None:
        raise NotFound()
    return project


def _member(project_id: UUID, user_id: Any) -> Membership:
    membership = Membership.objects.of_project(project_id).select_related("user").filter(user_id=user_id).first()
    if membership is None:
        raise NotFound()
    return membership


def _require_another_admin(membership: Membership) -> None:
    if Membership.objects.last_admins([membership.user]).filter(pk=membership.pk).exists():
        raise LastAdmin()
