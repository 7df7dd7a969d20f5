"""Actions on projects and memberships. Each checks, changes, records, and announces on commit, in that order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from rest_framework.exceptions import NotFound

from neo_base.access.accounts import is_active
from neo_base.access.actors import Actor, ActorKind
from neo_base.access.announcing import announce
from neo_base.access.changes import access_reduced, membership_ended
from neo_base.access.errors import RoleTooLow
from neo_base.access.roles import Role
from neo_base.transactions import atomic
from projects import signals
from projects.audit import record_invitation, record_member, record_project
from projects.conf import conf
from projects.emails import address_of
from projects.errors import AlreadyAMember, LastAdmin, NoSuchUser, ProjectExists, TeamSharingOff, TransferToYourself
from projects.models import MAX_SETTINGS_LENGTH, Invitation, Membership, Project
from projects.models.invitation import InvitationQuerySet
from projects.policies import PERMISSIONS, Permission, require

CUT_NOTICE = "[truncated] max char limit 35k"
"""The end of truncated settings, by which clients recognise them."""


@atomic
def create_project(
    *,
    actor: Actor,
    project_id: UUID | None = None,
    name: str = "",
    settings_md: str = "",
    tags: list[str] | None = None,
) -> Project:
    """Create a project and make the actor its first admin. Raises ProjectExists if the id is taken."""
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
    if actor.kind is not ActorKind.SYSTEM:
        Membership.objects.create(project=project, user=actor.user, role=Role.ADMIN)
    record_project("project.created", actor=actor, project=project)
    announce(signals.project_created, Project, project=project, actor=actor)
    return project


@atomic
def update_project(*, actor: Actor, project_id: UUID, changes: Mapping[str, Any]) -> Project:
    """Set those of `name`, `settings_md`, `tags` and `shared_with_team` that `changes` holds; return the project.

    Raises TeamSharingOff if the site does not allow sharing projects with everyone.
    """
    require(actor, Permission.PROJECT_UPDATE, project_id)
    if changes.get("shared_with_team") and conf.team_role is None:
        raise TeamSharingOff()
    project = lock_project(project_id)
    if not changes:
        return project
    was_shared = project.shared_with_team
    for field, value in changes.items():
        setattr(project, field, cut_settings(value) if field == "settings_md" else value)
    project.updated_at = timezone.now()
    project.save(update_fields=[*changes, "updated_at"])
    sharing = {"shared_with_team": project.shared_with_team} if "shared_with_team" in changes else {}
    record_project("project.updated", actor=actor, project=project, changed=sorted(changes), **sharing)
    if was_shared and not project.shared_with_team:
        access_reduced.send(sender=None, user_id=None, project_id=project_id, actor=actor)
    announce(signals.project_updated, Project, project=project, actor=actor)
    return project


@atomic
def delete_project(*, actor: Actor, project_id: UUID) -> None:
    """Delete the project and, by cascade, everything that belongs to it, including its secrets and their data keys."""
    require(actor, Permission.PROJECT_DELETE, project_id)
    project = lock_project(project_id)
    record_project("project.deleted", actor=actor, project=project)
    project.delete()
    announce(signals.project_deleted, Project, project_id=project_id, actor=actor)


@atomic
def add_member(*, actor: Actor, project_id: UUID, username: str, role: Role) -> Membership:
    """Add an existing user to the project.

    Raises NoSuchUser if the user is unknown or inactive, AlreadyAMember if they are a member.
    """
    require(actor, Permission.MEMBERS_MANAGE, project_id)
    user_model = get_user_model()
    try:
        user = user_model._default_manager.get_by_natural_key(user_model.normalize_username(username))
    except user_model.DoesNotExist:
        raise NoSuchUser() from None
    if not is_active(user):
        raise NoSuchUser()
    lock_project(project_id)
    return join(actor=actor, project_id=project_id, user=user, role=role)


@atomic
def change_role(*, actor: Actor, project_id: UUID, user_id: Any, role: Role) -> Membership:
    """Change a member's role. A lower one ends what it does not allow, such as their open invitations.

    Raises NotFound if they are no member, LastAdmin if the project would have no admin.
    """
    require(actor, Permission.MEMBERS_MANAGE, project_id)
    lock_project(project_id)
    membership = _member(project_id, user_id)
    if role != Role.ADMIN:
        _require_another_admin(membership)
    former, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    record_member("member.changed", actor=actor, membership=membership, role=role, former_role=former)
    if Role.values.index(role) < Role.values.index(former):
        _reduce_access(actor, membership)
    announce(signals.member_changed, Membership, membership=membership, actor=actor)
    return membership


@atomic
def transfer_project(*, actor: Actor, project_id: UUID, user_id: Any) -> Membership:
    """Make another member admin, and the actor, so far an admin, a member; return the new admin's membership.

    Raises NotFound if the user is no member, TransferToYourself if they are the actor, and LastAdmin if the new admin
    could not sign in.
    """
    require(actor, Permission.PROJECT_TRANSFER, project_id)
    lock_project(project_id)
    own, membership = _member(project_id, actor.user.pk), _member(project_id, user_id)
    if own.role != Role.ADMIN:
        # Another admin changed the role between `require` and the lock.
        raise RoleTooLow(project_id)
    if own == membership:
        raise TransferToYourself()
    for changed, role in ((membership, Role.ADMIN), (own, Role.MEMBER)):
        changed.role = role
        changed.save(update_fields=["role"])
        announce(signals.member_changed, Membership, membership=changed, actor=actor)
    if not Membership.objects.of_project(project_id).admins().able_to_sign_in().exists():
        raise LastAdmin()
    record_member("project.transferred", actor=actor, membership=membership)
    _reduce_access(actor, own)
    return membership


@atomic
def remove_member(*, actor: Actor, project_id: UUID, user_id: Any) -> None:
    """Remove a member, and end what the membership allowed. Members may remove themselves.

    Invitations end too: those that the member has sent, and one by which they could return.

    Raises NotFound if they are no member, LastAdmin if they are the last admin.
    """
    leaves = actor.kind is ActorKind.USER and actor.user.pk == user_id
    require(actor, Permission.MEMBERS_LEAVE if leaves else Permission.MEMBERS_MANAGE, project_id)
    lock_project(project_id)
    membership = _member(project_id, user_id)
    _require_another_admin(membership)
    record_member("member.removed", actor=actor, membership=membership, role=membership.role)
    membership.delete()
    open_invitations = Invitation.objects.of_project(project_id)
    by_or_to = Q(invited_by=user_id) | Q(email=address_of(membership.user))
    revoke_invitations(actor=actor, invitations=open_invitations.filter(by_or_to))
    membership_ended.send(sender=None, user_id=user_id, project_id=project_id, actor=actor)
    announce(signals.member_removed, Membership, project_id=project_id, user_id=user_id, actor=actor)


def cut_settings(text: str) -> str:
    """Return `text`; if it is too long for settings, truncated to `MAX_SETTINGS_LENGTH` and ending in a notice."""
    if len(text) <= MAX_SETTINGS_LENGTH:
        return text
    return text[: MAX_SETTINGS_LENGTH - len(CUT_NOTICE)] + CUT_NOTICE


def join(*, actor: Actor, project_id: UUID, user: Any, role: Role) -> Membership:
    """Create a membership, for actions that have checked the policy and locked the project. Raises AlreadyAMember."""
    membership, created = Membership.objects.get_or_create(project_id=project_id, user=user, defaults={"role": role})
    if not created:
        raise AlreadyAMember()
    record_member("member.added", actor=actor, membership=membership, role=role)
    announce(signals.member_added, Membership, membership=membership, actor=actor)
    return membership


def revoke_invitations(*, actor: Actor, invitations: InvitationQuerySet) -> int:
    """Revoke those of `invitations` that are unanswered; return how many. For actions that have checked the policy."""
    revoked = 0
    for invitation in invitations.unanswered():
        invitation.revoked_at = timezone.now()
        # If the invited person answers at this moment, their answer counts.
        rows = Invitation.objects.unanswered().filter(pk=invitation.pk)
        if rows.update(revoked_at=invitation.revoked_at):
            revoked += 1
            record_invitation("invitation.revoked", actor=actor, invitation=invitation)
            announce(signals.invitation_revoked, Invitation, invitation=invitation, actor=actor)
    return revoked


def lock_project(project_id: UUID) -> Project:
    """Lock the project until commit and return it. Raises NotFound.

    Changes to members of one project run one after the other, so that none can remove the last admin.
    """
    project = Project.objects.select_for_update(no_key=True).filter(pk=project_id).first()
    if project is None:
        raise NotFound()
    return project


def _member(project_id: UUID, user_id: Any) -> Membership:
    membership = Membership.objects.of_project(project_id).select_related("user").filter(user_id=user_id).first()
    if membership is None:
        raise NotFound()
    return membership


def _reduce_access(actor: Actor, membership: Membership) -> None:
    """End what a member may not do any more in their new, lower role."""
    project_id, user_id = membership.project_id, membership.user_id
    if membership.role not in PERMISSIONS[Permission.INVITATIONS_MANAGE].roles:
        sent = Invitation.objects.of_project(project_id).filter(invited_by=user_id)
        revoke_invitations(actor=actor, invitations=sent)
    access_reduced.send(sender=None, user_id=user_id, project_id=project_id, actor=actor)


def _require_another_admin(membership: Membership) -> None:
    if Membership.objects.last_admins([membership.user]).filter(pk=membership.pk).exists():
        raise LastAdmin()
