"""The command with which operators look at the secrets of all owners. It reads no value."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from secrets_app import signals
from secrets_app.models import Secret
from secrets_app.models.secret import EXPIRES_SOON

CHUNK = 500


class Command(BaseCommand):
    help = "Lists secrets that expire soon, and sends the signal `secret_expiring` for each of them."

    def add_arguments(self, parser: CommandParser) -> None:
        subject = parser.add_subparsers(dest="subject", required=True)
        expiring = subject.add_parser("expiring", help="List secrets that expire soon, the earliest first.")
        expiring.add_argument(
            "--within",
            type=int,
            default=EXPIRES_SOON.days,
            metavar="DAYS",
            help="Days from now. Default: %(default)s.",
        )
        expiring.add_argument("--dry-run", action="store_true", help="List the secrets, send no signal.")

    def handle(self, *, subject: str, within: int, dry_run: bool, **options: Any) -> None:
        if within < 0:
            raise CommandError("--within must be 0 or more days.")
        count = 0
        rows = Secret.objects.expiring(within=timedelta(days=within)).order_by("expires_at", "id")
        for secret in rows.defer("value", "mask").iterator(chunk_size=CHUNK):
            owner = f"project {secret.project_id}" if secret.project_id else f"user {secret.user_id}"
            self.stdout.write(f"{secret.expires_at:%Y-%m-%dT%H:%M:%SZ}  {secret.name}  {owner}  {secret.id}")
            if not dry_run:
                signals.secret_expiring.send_robust(sender=Secret, secret=secret, expires_at=secret.expires_at)
            count += 1
        self.stdout.write(f"Expiring within {within} days, of {timezone.now():%Y-%m-%d}: {count}.")
