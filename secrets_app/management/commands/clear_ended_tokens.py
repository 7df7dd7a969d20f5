"""The command that deletes service tokens that ended long ago."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from neo_base.access.actors import Actor
from secrets_app.actions.tokens import DELETE_BATCH, delete_ended
from secrets_app.models import ServiceToken

COMMAND = "clear_ended_tokens"


class Command(BaseCommand):
    help = (
        "Deletes service tokens that were revoked or expired long ago. Until then, lists show what had been given out. "
        "You can stop it and run it again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Count the tokens, delete nothing.")
        parser.add_argument(
            "--older-than", type=int, default=90, metavar="DAYS", help="Days since the end. Default: %(default)s."
        )
        parser.add_argument(
            "--batch-size", type=int, default=DELETE_BATCH, help="Tokens per transaction. Default: %(default)s."
        )

    def handle(self, *, dry_run: bool, older_than: int, batch_size: int, **options: Any) -> None:
        before = timezone.now() - timedelta(days=older_than)
        if dry_run:
            self.stdout.write(f"Ended service tokens: {ServiceToken.objects.ended(before=before).count()}.")
            return
        deleted = delete_ended(actor=Actor.system(COMMAND), before=before, batch_size=batch_size)
        self.stdout.write(f"Deleted ended service tokens: {deleted}.")
