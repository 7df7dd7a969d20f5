"""The command with which operators look at the secrets of all owners. It prints no value."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.commands import PatientCommand, as_command_errors
from neo_base.progress import shown
from secrets_app import signals
from secrets_app.actions.verification import Place, values_to_verify, verify_values
from secrets_app.errors import AuditUnavailable
from secrets_app.models import Secret
from secrets_app.models.secret import EXPIRES_SOON

CHUNK = 500
NOT_ALL_OPEN = 2


class Command(PatientCommand):
    help = "Lists secrets that expire soon, and verifies that every stored value opens."

    def add_arguments(self, parser: CommandParser) -> None:
        jobs = parser.add_subparsers(dest="subject", required=True, parser_class=CommandParser)
        expiring = jobs.add_parser(
            "expiring",
            help="List secrets that expire soon, the earliest first, and send the signal `secret_expiring` for each.",
        )
        expiring.add_argument(
            "--within",
            type=int,
            default=EXPIRES_SOON.days,
            metavar="DAYS",
            help="Days from now. Default: %(default)s.",
        )
        expiring.add_argument("--dry-run", action="store_true", help="List the secrets, send no signal.")
        jobs.add_parser(
            "verify",
            help=f"Open every stored value once, and mark those that do not open. Exits with {NOT_ALL_OPEN} if there "
            "are any, or if a master key is missing.",
        )

    def handle(self, *, subject: str, **options: Any) -> None:
        getattr(self, subject)(**options)

    def expiring(self, *, within: int, dry_run: bool, **_: Any) -> None:
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

    def verify(self, *, verbosity: int, **_: Any) -> None:
        with (
            as_command_errors(AuditUnavailable),
            shown(self.stderr, total=values_to_verify(), what="values", verbosity=verbosity) as show,
        ):
            done = verify_values(actor=Actor.system("secrets verify"), progress=show)
        for place in done.damaged:
            self.stdout.write(f"damaged: {_named(place)}")
        self.stdout.write(f"Values: {done.count}. They open: {done.opened}.")
        wrong = []
        if done.damaged:
            wrong.append(f"{len(done.damaged)} do not open: set new values, or restore these rows from a backup.")
        if done.undecided:
            wrong.append(f"The keys of {done.undecided} are not available: run manage.py keys status.")
        if wrong:
            raise CommandError(" ".join(wrong), returncode=NOT_ALL_OPEN)


def _named(place: Place) -> str:
    version = f"version {place.version}" if place.is_current else f"former version {place.version}"
    return f"{place.name}  {place.owner.replace(':', ' ')}  {version}  {place.secret_id}"
