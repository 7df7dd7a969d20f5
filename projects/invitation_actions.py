"""Actions on invitations. Each checks, changes, records, and announces on commit, in that order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import NotFound, PermissionDenied

from neo_base import mail
from neo_base.access.accounts import is_active
from neo_base.access.actors import Actor, Origin
from neo_base.access.announcing import announce
from neo_base.access.roles import Role
from neo_base.audit.reporting import record
from neo_base.audit.subjects import Subject
from neo_base.transactions import atomic
from projects import invitation_mail, signals
from projects.actions import join, lock_project, revoke_invitations
from projects.audit import record_invitation
from projects.conf import conf
from projects.emails import address_of, normalise
from projects.errors import EmailOff, EmailOn, NoSuchInvitation
from projects.models import Invitation, Membership
from projects.models.invitation import InvitationQuerySet
from projects.policies import Permission, require
from projects.tokens import digest, new_token

DELETE_BATCH = 1_000


@dataclass(frozen=True)
class NewInvitation:
    """An invitation that was just created, with its token, which is not stored and cannot be shown again."""

    row: Invitation
    token: str = field(repr=False)


@atomic
def invite(*, actor: Actor, project_id: UUID, email: str, role: Role, site: str = "") -> Invitation:
    """Invite `email`, replacing an open invitation of that address; the token is mailed on commit.

    The answer does not depend on whether the address belongs to an account or a member, so that it reveals neither.
    `actor` is a user or an operator: the invitation is valid only as long as they may invite. `site`, such as
    `https://secrets.example.com`, is where the mail's link leads, unless the settings name another page. Raises
    EmailOff if the site sends no mail.
    """
    require(actor, Permission.INVITATIONS_MANAGE, project_id)
    if not mail.is_on():
        raise EmailOff()
    new = _invite(actor, project_id, email, role)
    transaction.on_commit(partial(invitation_mail.send, new.row, new.token, site))
    return new.row


@atomic
def invite_by_link(*, actor: Actor, project_id: UUID, email: str, role: Role) -> NewInvitation:
    """Invite `email` as `invite` does, and return the token for the actor to pass on, since the site sends no mail.

    Raises EmailOn if it does: a token that its inviter has seen proves nothing about who reads the address.
    """
    require(actor, Permission.INVITATIONS_MANAGE, project_id)
    if mail.is_on():
        raise EmailOn()
    return _invite(actor, project_id, email, role)


def _invite(actor: Actor, project_id: UUID, email: str, role: Role) -> NewInvitation:
    project = lock_project(project_id)
    # Another admin may have changed the role between `require` and the lock.
    require(replace(actor, roles={}), Permission.INVITATIONS_MANAGE, project_id)
    address, token, now = normalise(email), new_token(), timezone.now()
    revoke_invitations(actor=actor, invitations=Invitation.objects.of_project(project_id).filter(email=address))
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
    return NewInvitation(invitation, token)


@atomic
def accept_invitation(*, actor: Actor, token_digest: str) -> Membership:
    """Make the actor a member by the invitation whose token has this digest; it works once.

    Raises NoSuchInvitation, whatever is wrong with the token, or AlreadyAMember, which leaves the invitation open.
    """
    require(actor, Permission.INVITATIONS_ANSWER)
    invitation = _live_invitation(actor, token_digest)
    lock_project(invitation.project_id)
    if not _inviter_may_still(invitation):
        raise NoSuchInvitation(is_hidden=True)
    invitation.accepted_at = _answer(invitation, "accepted_at")
    membership = join(actor=actor, project_id=invitation.project_id, user=actor.user, role=Role(invitation.role))
    record_invitation("invitation.accepted", actor=actor, invitation=invitation)
    announce(signals.invitation_accepted, Invitation, invitation=invitation, actor=actor)
    return membership


@atomic
def decline_invitation(*, actor: Actor, token_digest: str) -> None:
    """Decline the invitation, which ends it. Raises NoSuchInvitation, whatever is wrong with the token."""
    require(actor, Permission.INVITATIONS_ANSWER)
    invitation = _live_invitation(actor, token_digest)
    invitation.declined_at = _answer(invitation, "declined_at")
    record_invitation("invitation.declined", actor=actor, invitation=invitation)
    announce(signals.invitation_declined, Invitation, invitation=invitation, actor=actor)


@atomic
def revoke_invitation(*, actor: Actor, project_id: UUID, invitation_id: UUID) -> None:
    """Revoke the invitation. Raises NotFound if it is not one of the project, or was answered or revoked before."""
    require(actor, Permission.INVITATIONS_MANAGE, project_id)
    invitations = Invitation.objects.of_project(project_id).filter(pk=invitation_id)
    if not revoke_invitations(actor=actor, invitations=invitations):
        raise NotFound()


def delete_ended(*, actor: Actor, before: datetime, batch_size: int = DELETE_BATCH) -> int:
    """Delete invitations that ended before `before`, and so the addresses of people who never joined; return how many.

    Each transaction deletes at most `batch_size` invitations, all of one project, and records one audit event.
    """
    ended, deleted = Invitation.objects.ended(before=before).order_by("project_id", "pk"), 0
    while first := ended.first():
        deleted += _delete_batch(actor, ended.of_project(first.project_id)[:batch_size], first.project_id)
    return deleted


@atomic
def _delete_batch(actor: Actor, invitations: InvitationQuerySet, project_id: UUID) -> int:
    ids = list(invitations.values_list("pk", flat=True))
    Invitation.objects.filter(pk__in=ids).delete()
    record("invitations.cleared", actor=actor, project_id=project_id, subject=Subject("invitation"), count=len(ids))
    return len(ids)


def _live_invitation(actor: Actor, token_digest: str) -> Invitation:
    """Return the live invitation with this digest that `actor` may answer. Raises NoSuchInvitation."""
    rows = Invitation.objects.live().select_related("invited_by").filter(token_digest=token_digest)
    if conf.invitation_email_must_match:
        rows = rows.filter(email=address_of(actor.user))
    invitation = rows.first()
    if invitation is None:
        raise NoSuchInvitation(is_hidden=True)
    return invitation


def _answer(invitation: Invitation, column: str) -> datetime:
    """Set `column` to the current time and return it. Raises NoSuchInvitation if another request was faster.

    One conditional update decides between parallel requests: only one of them changes the row.
    """
    now = timezone.now()
    if not Invitation.objects.live().filter(pk=invitation.pk).update(**{column: now}):
        raise NoSuchInvitation(is_hidden=True)
    return now


def _inviter_may_still(invitation: Invitation) -> bool:
    """Return whether the inviter could still invite, as an admin of the project or as an operator: an invitation is
    valid no longer than their right to give it."""
    inviter = invitation.invited_by
    if inviter is None or not is_active(inviter):
        return False
    actors = [Actor.from_user(inviter)]
    if getattr(inviter, "is_staff", False):
        actors.append(Actor.from_staff(inviter, Origin()))
    return any(_may_invite(actor, invitation.project_id) for actor in actors)


def _may_invite(actor: Actor, project_id: UUID) -> bool:
    try:
        require(actor, Permission.INVITATIONS_MANAGE, project_id)
    except PermissionDenied:
        return False
    return True
