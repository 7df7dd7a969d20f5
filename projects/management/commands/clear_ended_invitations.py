from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.commands import PatientCommand
from projects import invitation_actions
from projects.models import Invitation


class Command(PatientCommand):
    help = (
        "Delete invitations that were answered, revoked or expired long ago. Can be stopped and run again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=int, default=30, help="Keep invitations for this many days after their end. Default: 30."
        )
        parser.add_argument("--dry-run", action="store_true", help="Print the number of invitations; delete nothing.")
        parser.add_argument(
            "--batch-size",
            type=int,
            default=invitation_actions.DELETE_BATCH,
            help="Rows to delete in one transaction. Default: %(default)s.",
        )

    def handle(self, *, days: int, dry_run: bool, batch_size: int, **options: Any) -> None:
        before = timezone.now() - timedelta(days=days)
        if dry_run:
            self.stdout.write(f"Ended invitations: {Invitation.objects.ended(before=before).count()}.")
        else:
            actor = Actor.system("clear_ended_invitations")
            deleted = invitation_actions.delete_ended(actor=actor, before=before, batch_size=batch_size)
            self.stdout.write(f"Deleted ended invitations: {deleted}.")
