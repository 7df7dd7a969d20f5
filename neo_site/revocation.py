"""Revocation of every credential that this site has issued: after a restore, and after a theft."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as AdminSession

from neo_base.access.actors import Actor
from neo_base.progress import Show, unshown
from neo_base.transactions import atomic
from neo_site.backups import epoch
from neo_site.signin.actions import revoke_sessions
from neo_site.signin.models import DeviceSignIn, Session
from projects.invitation_actions import revoke_invitation
from projects.models import Invitation
from secrets_app.actions.grants import revoke_grant
from secrets_app.actions.tokens import revoke_token
from secrets_app.models import ServiceToken, TaskGrant


def living_credentials() -> dict[str, int]:
    """Return how many credentials of each kind can be used."""
    return {
        "sessions": Session.objects.live().count(),
        "admin sessions": AdminSession.objects.count(),
        "service tokens": ServiceToken.objects.filter(revoked_at=None).count(),
        "task grants": TaskGrant.objects.open().count(),
        "invitations": Invitation.objects.unanswered().count(),
    }


@atomic
def revoke_everything(*, actor: Actor, made_at: datetime | None = None, progress: Show = unshown) -> None:
    """Revoke everything through the actions, so that the audit log has each; a restored copy may serve afterwards.

    `made_at` is when the backup was made that was restored, if that is known. Calls `progress` with the number of
    service tokens, grants and invitations so far; those that end with another one are not among them.
    """
    is_copy = epoch.is_copy()
    revoke_sessions(sessions=Session.objects.all(), actor=actor)
    DeviceSignIn.objects.all().delete()
    AdminSession.objects.all().delete()
    UserSession.objects.all().delete()
    for number, _ in enumerate(_revoke_one_by_one(actor), start=1):
        progress(number)
    if is_copy:
        epoch.adopt(actor=actor, revoked=True, made_at=made_at)


def _revoke_one_by_one(actor: Actor) -> Iterator[None]:
    """Yield after each credential that is revoked."""
    for token in ServiceToken.objects.filter(revoked_at=None):
        yield revoke_token(actor=actor, token_id=token.pk)
    for grant in TaskGrant.objects.open():
        yield revoke_grant(actor=actor, grant_id=grant.pk)
    for invitation in Invitation.objects.unanswered():
        yield revoke_invitation(actor=actor, project_id=invitation.project_id, invitation_id=invitation.pk)
