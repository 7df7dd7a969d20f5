"""Make the key file of a site that has none yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from secrets_app.key_files import create_private, new_master_key


class Command(BaseCommand):
    help = "Make a key file with a new master key, for SECRETS_APP['KEY_FILE']. An existing file is never touched."
    # They would ask for the key that is being made.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="Where to: out of the repository and of backups.")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            made = create_private(path, new_master_key())
        except OSError as error:
            raise CommandError(f"{path} cannot be written ({error.strerror}).") from None
        if not made:
            raise CommandError(f"{path} exists, and is left as it is.")
        self.stdout.write(f"Made {path}")
        self.stdout.write("Whoever loses this file loses every secret. Keep a copy apart from the database's backups.")
