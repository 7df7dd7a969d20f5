"""What an operator asks of the secrets as a whole. No value is read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from secrets_app import signals
from secrets_app.models import Secret

CHUNK = 500


class Command(BaseCommand):
    help = "Looks after the secrets: `expiring` lists those that expire soon, and announces each for reminders."

    def add_arguments(self, parser: CommandParser) -> None:
        subject = parser.add_subparsers(dest="subject", required=True)
        expiring = subject.add_parser("expiring", help="Those that expire soon, the first to expire first.")
        expiring.add_argument("--within", type=int, default=14, metavar="DAYS", help="From now on; 14 when left out.")
        expiring.add_argument("--dry-run", action="store_true", help="List them and announce nothing.")

    def handle(self, *, subject: str, within: int, dry_run: bool, **options: Any) -> None:
        if within < 0:
            raise CommandError("--within takes a number of days, 0 or more.")
        count = 0
        rows = Secret.objects.expiring(within=timedelta(days=within)).order_by("expires_at", "id")
        for secret in rows.defer("value", "mask").iterator(chunk_size=CHUNK):
            whose = f"project {secret.project_id}" if secret.project_id else f"user {secret.user_id}"
            self.stdout.write(f"{secret.expires_at:%Y-%m-%dT%H:%M:%SZ}  {secret.name}  {whose}  {secret.id}")
            if not dry_run:
                signals.secret_expiring.send_robust(sender=Secret, secret=secret, expires_at=secret.expires_at)
            count += 1
        self.stdout.write(f"Expiring within {within} days, of {timezone.now():%Y-%m-%d}: {count}.")
