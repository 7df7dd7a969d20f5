from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from neo_base.access.actors import Actor
from neo_base.commands import PatientCommand
from neo_site.accounts.sessions import forget_ended_browsers
from neo_site.signin import actions
from neo_site.signin.devices.actions import forget_ended
from neo_site.signin.models import Session


class Command(PatientCommand):
    help = "Delete expired sessions, of the API and of browsers. Safe to stop and to run again at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Count them and delete none.")
        parser.add_argument("--batch-size", type=int, default=actions.DELETE_BATCH, help="Rows in each transaction.")

    def handle(self, *, dry_run: bool, batch_size: int, **options: Any) -> None:
        if dry_run:
            self.stdout.write(f"Expired sessions: {Session.objects.expired().count()}.")
        else:
            deleted = actions.delete_expired(actor=Actor.system("clear_expired_sessions"), batch_size=batch_size)
            forget_ended_browsers()
            forget_ended()
            self.stdout.write(f"Deleted expired sessions: {deleted}.")
