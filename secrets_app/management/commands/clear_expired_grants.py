from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from projects.actors import Actor
from secrets_app import grant_actions
from secrets_app.models import TaskGrant

COMMAND = "clear_expired_grants"


class Command(BaseCommand):
    help = "Deletes the task grants that are long past their end. Safe to stop and to run again at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count them.")
        parser.add_argument("--older-than", type=int, default=30, metavar="DAYS", help="Days since they ended.")
        parser.add_argument("--batch-size", type=int, default=grant_actions.DELETE_BATCH, help="Rows a transaction.")

    def handle(self, *, dry_run: bool, older_than: int, batch_size: int, **options: Any) -> None:
        before = timezone.now() - timedelta(days=older_than)
        if dry_run:
            self.stdout.write(f"Ended grants: {TaskGrant.objects.ended(before=before).count()}.")
            return
        actor = Actor.system(COMMAND)
        deleted = grant_actions.delete_ended(actor=actor, before=before, batch_size=batch_size)
        self.stdout.write(f"Deleted ended grants: {deleted}.")
