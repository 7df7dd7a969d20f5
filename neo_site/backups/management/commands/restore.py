from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from neo_base.access.actors import Actor
from neo_base.commands import as_command_errors
from neo_base.progress import shown
from neo_base.transactions import atomic
from neo_site.backups import epoch
from neo_site.backups.manifest import MB, BackupUnusable, Manifest
from neo_site.backups.restoring import checked, missing_audit_keys, restore
from secrets_app.crypto.errors import KeyringError
from secrets_app.errors import AuditUnavailable

ACTOR = Actor.system("restore")
NOT_ALL_OPEN = 2
SHOWN = 20


class Command(BaseCommand):
    help = (
        "Restore what `manage.py backup` made into an empty database, with the master keys in place. Files, release "
        "and keys are checked before anything is written. Then every credential that was in the backup is revoked: "
        f"everybody signs in again. Exits with {NOT_ALL_OPEN} if values do not open."
    )
    # They would end the command over missing keys with less than it says itself.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("directory", type=Path, nargs="?", help="The directory of the backup.")
        what.add_argument(
            "--not-a-copy",
            action="store_true",
            help="Say that this database is the original in a new place, as after pg_upgrade. Nothing is revoked.",
        )
        parser.add_argument("--check", action="store_true", help="Only check whether the backup can be restored here.")

    def handle(self, *, directory: Path | None, not_a_copy: bool, check: bool, verbosity: int, **options: Any) -> None:
        with as_command_errors(BackupUnusable, KeyringError, AuditUnavailable):
            if directory is None:
                self._adopt()
                return
            backup = checked(directory)
            self._warn(backup)
            if check:
                self.stdout.write(f"The backup of {backup.made_at} can be restored here. Nothing was written.")
                return
            loading = shown(self.stderr, total=backup.size // MB, what="MB", verbosity=verbosity)
            revoking = shown(self.stderr, total=None, what="credentials", verbosity=verbosity)
            closed = restore(directory, actor=ACTOR, tell=self.stdout.write, loading=loading, revoking=revoking)
        self.stdout.write(f"Restored the backup of {backup.made_at}. Run manage.py doctor, then start the site.")
        if closed:
            owners = ", ".join(closed[:SHOWN]) + ("" if len(closed) <= SHOWN else f" and {len(closed) - SHOWN} more")
            raise CommandError(
                f"Values of these owners do not open: {owners}. Run manage.py secrets verify, which names each.",
                returncode=NOT_ALL_OPEN,
            )

    def _adopt(self) -> None:
        atomic(epoch.adopt)(actor=ACTOR, revoked=False)
        self.stdout.write("This database counts as the original from now on. Nothing was revoked.")

    def _warn(self, backup: Manifest) -> None:
        if keys := missing_audit_keys(backup):
            self.stderr.write(
                f"Without the master keys {', '.join(keys)}, which no value needs, `audit verify` cannot judge the "
                "audit events that carry their MAC. Put them back if you have them."
            )
