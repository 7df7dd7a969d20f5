from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from neo_base.access.actors import Actor
from neo_base.commands import PatientCommand, as_command_errors
from neo_base.progress import shown
from neo_site.backups.making import make_backup, record_backup
from neo_site.backups.manifest import BackupUnusable
from secrets_app.crypto.errors import KeyringError
from secrets_app.errors import AuditUnavailable

ACTOR = Actor.system("backup")


class Command(PatientCommand):
    help = (
        "Copy the database into a new directory, with a manifest, while the site runs. Keys are not in it: keep them "
        "apart. PostgreSQL is copied by pg_dump, SQLite by its online backup."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("directory", type=Path, nargs="?", help="The new directory, such as /var/backups/neo/monday.")
        what.add_argument(
            "--made-elsewhere",
            action="store_true",
            help="Make none. Record that other software has made one, so that doctor knows its age.",
        )

    def handle(self, *, directory: Path | None, made_elsewhere: bool, verbosity: int, **options: Any) -> None:
        with as_command_errors(BackupUnusable, KeyringError, AuditUnavailable):
            if directory is None:
                record_backup(actor=ACTOR)
                return
            # Nobody knows how well a database can be compressed.
            with shown(self.stderr, total=None, what="MB", verbosity=verbosity) as show:
                backup = make_backup(directory.absolute(), actor=ACTOR, progress=show)
        keys = ", ".join(backup.contents.master_keys) or "none yet"
        self.stdout.write(f"Made {directory}: {sum(backup.contents.rows.values())} rows, {backup.size} bytes.")
        self.stdout.write(f"To restore it you need these master keys, which are not in it: {keys}.")
