from __future__ import annotations

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as AdminSession
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from neo_base.access.actors import Actor
from neo_site.signin.actions import revoke_sessions
from neo_site.signin.models import Session
from projects.invitation_actions import revoke_invitation
from projects.models import Invitation
from secrets_app.actions.grants import revoke_grant
from secrets_app.actions.tokens import revoke_token
from secrets_app.models import ServiceToken, TaskGrant


class Command(BaseCommand):
    help = (
        "Revoke every credential that this site has issued: sign-in sessions, sessions of the admin, service tokens, "
        "task grants and invitations. Run it after a restore, which revives what was revoked since the backup, and "
        "after a theft. Passwords stay, and everybody has to sign in again. If it fails, nothing is revoked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="Revoke them. Without it they are only counted.")

    def handle(self, *, yes: bool, **options: Any) -> None:
        tokens = ServiceToken.objects.filter(revoked_at=None)
        counts = {
            "sessions": Session.objects.live().count(),
            "admin sessions": AdminSession.objects.count(),
            "service tokens": tokens.count(),
            "task grants": TaskGrant.objects.open().count(),
            "invitations": Invitation.objects.unanswered().count(),
        }
        self.stdout.write(", ".join(f"{count} {name}" for name, count in counts.items()))
        if not yes:
            raise CommandError("Nothing was revoked. Run the command with --yes to revoke everything.")
        with transaction.atomic():
            _revoke(Actor.system("revoke_everything"))
        self.stdout.write("Revoked.")


def _revoke(actor: Actor) -> None:
    """Revoke everything through the actions, so that the audit log has each."""
    revoke_sessions(sessions=Session.objects.all(), actor=actor)
    AdminSession.objects.all().delete()
    UserSession.objects.all().delete()
    for token in ServiceToken.objects.filter(revoked_at=None):
        revoke_token(actor=actor, token_id=token.pk)
    for grant in TaskGrant.objects.open():
        revoke_grant(actor=actor, grant_id=grant.pk)
    for invitation in Invitation.objects.unanswered():
        revoke_invitation(actor=actor, project_id=invitation.project_id, invitation_id=invitation.pk)
