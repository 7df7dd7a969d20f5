"""The command that deletes task grants that ended long ago."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.commands import PatientCommand
from secrets_app.actions.grants import DELETE_BATCH, delete_ended
from secrets_app.models import KeptAnswer, TaskGrant

COMMAND = "clear_expired_grants"


class Command(PatientCommand):
    help = (
        "Deletes task grants that expired long ago, and answers that were kept for a day. You can stop it and run it "
        "again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Count the grants, delete nothing.")
        parser.add_argument(
            "--older-than", type=int, default=30, metavar="DAYS", help="Days since the expiry. Default: %(default)s."
        )
        parser.add_argument(
            "--batch-size", type=int, default=DELETE_BATCH, help="Grants per transaction. Default: %(default)s."
        )

    def handle(self, *, dry_run: bool, older_than: int, batch_size: int, **options: Any) -> None:
        before = timezone.now() - timedelta(days=older_than)
        if dry_run:
            self.stdout.write(f"Ended grants: {TaskGrant.objects.ended(before=before).count()}.")
            return
        actor = Actor.system(COMMAND)
        deleted = delete_ended(actor=actor, before=before, batch_size=batch_size)
        self.stdout.write(f"Deleted ended grants: {deleted}.")
        KeptAnswer.objects.expired().delete()
