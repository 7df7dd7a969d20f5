"""What happens to invitations: require, change, record, announce on commit."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import NotFound, PermissionDenied

from neo_base.access.accounts import is_active
from neo_base.access.actors import Actor
from neo_base.access.announcing import announce
from neo_base.access.roles import Role
from neo_base.audit.reporting import record
from neo_base.audit.subjects import Subject
from projects import invitation_mail, signals
from projects.actions import join, lock_project, revoke_invitations
from projects.audit import record_invitation
from projects.conf import conf
from projects.emails import address_of, normalise
from projects.errors import EmailOff, NoSuchInvitation
from projects.models import Invitation, Membership
from projects.policies import Permission, require
from projects.tokens import digest, new_token

DELETE_BATCH = 1_000


@transaction.atomic
def invite(*, actor: Actor, project_id: UUID, email: str, role: Role) -> Invitation:
    """An invitation of `email`, in place of the one that may be open; its token is mailed on commit.

    Whether the address belongs to an account, or to a member, is not looked at: the answer would tell. `actor` is a
    user: it counts only as long as he may invite. Raises EmailOff where the site sends no mail.
    """
    require(actor, Permission.INVITATIONS_MANAGE, project_id)
    if not invitation_mail.is_on():
        raise EmailOff()
    project = lock_project(project_id)
    address, token, now = normalise(email), new_token(), timezone.now()
    revoke_invitations(actor=actor, project_id=project_id, email=address)
    invitation = Invitation.objects.create(
        project=project,
        email=address,
        role=role,
        token_digest=digest(token),
        invited_by=actor.user,
        created_at=now,
        expires_at=now + timedelta(seconds=conf.invitation_seconds),
    )
    record_invitation("invitation.created", actor=actor, invitation=invitation)
    announce(signals.invitation_created, Invitation, invitation=invitation, actor=actor)
    transaction.on_commit(partial(invitation_mail.send, invitation, token))
    return invitation


@transaction.atomic
def accept_invitation(*, actor: Actor, token: str) -> Membership:
    """Make the actor a member, once.

    Raises NoSuchInvitation whatever is wrong with the token, and AlreadyAMember, which leaves the invitation open.
    """
    require(actor, Permission.INVITATIONS_ANSWER)
    invitation = _addressed_to(actor, token)
    lock_project(invitation.project_id)
    if not _inviter_may_still(invitation):
        raise NoSuchInvitation(is_hidden=True)
    invitation.accepted_at = _answer(invitation, "accepted_at")
    membership = join(actor=actor, project_id=invitation.project_id, user=actor.user, role=Role(invitation.role))
    record_invitation("invitation.accepted", actor=actor, invitation=invitation)
    announce(signals.invitation_accepted, Invitation, invitation=invitation, actor=actor)
    return membership


@transaction.atomic
def decline_invitation(*, actor: Actor, token: str) -> None:
    """End the invitation. Raises NoSuchInvitation whatever is wrong with the token."""
    require(actor, Permission.INVITATIONS_ANSWER)
    invitation = _addressed_to(actor, token)
    invitation.declined_at = _answer(invitation, "declined_at")
    record_invitation("invitation.declined", actor=actor, invitation=invitation)
    announce(signals.invitation_declined, Invitation, invitation=invitation, actor=actor)


@transaction.atomic
def revoke_invitation(*, actor: Actor, project_id: UUID, invitation_id: UUID) -> None:
    """End the invitation. Raises NotFound for one that is not the project's, or was answered or revoked before."""
    require(actor, Permission.INVITATIONS_MANAGE, project_id)
    if not revoke_invitations(actor=actor, project_id=project_id, pk=invitation_id):
        raise NotFound()


def delete_ended(*, actor: Actor, before: datetime, batch_size: int = DELETE_BATCH) -> int:
    """Delete the invitations that have ended since `before`, and with them addresses of people who never came.

    So many of one project in each transaction; how many there were.
    """
    ended, deleted = Invitation.objects.ended(before=before).order_by("project_id", "pk"), 0
    while first := ended.first():
        with transaction.atomic():
            batch = list(ended.of_project(first.project_id).values_list("pk", flat=True)[:batch_size])
            Invitation.objects.filter(pk__in=batch).delete()
            subject = Subject("invitation")
            record("invitations.cleared", actor=actor, project_id=first.project_id, subject=subject, count=len(batch))
        deleted += len(batch)
    return deleted


def _addressed_to(actor: Actor, token: str) -> Invitation:
    rows = Invitation.objects.live().select_related("invited_by").filter(token_digest=digest(token))
    if conf.invitation_email_must_match:
        rows = rows.filter(email=address_of(actor.user))
    invitation = rows.first()
    if invitation is None:
        raise NoSuchInvitation(is_hidden=True)
    return invitation


def _answer(invitation: Invitation, column: str) -> datetime:
    """Set the column, once. One conditional update decides between parallel requests: who changes no row has lost."""
    now = timezone.now()
    if not Invitation.objects.live().filter(pk=invitation.pk).update(**{column: now}):
        raise NoSuchInvitation(is_hidden=True)
    return now


def _inviter_may_still(invitation: Invitation) -> bool:
    """An invitation is its inviter's word, and lasts no longer than his right to give it."""
    inviter = invitation.invited_by
    if inviter is None or not is_active(inviter):
        return False
    try:
        require(Actor.from_user(inviter), Permission.INVITATIONS_MANAGE, invitation.project_id)
    except PermissionDenied:
        return False
    return True
