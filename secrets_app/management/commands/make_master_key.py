"""Makes a key file: with a new master key, or with the keys of another key file, wrapped anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from secrets_app.conf import conf
from secrets_app.crypto.errors import KeyringError
from secrets_app.master_keys import make_key_file


class Command(BaseCommand):
    help = "Make a key file for SECRETS_APP['KEY_FILE']. Never overwrites a file."
    # The checks would require the key that this command makes.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="The new file. Keep it out of the repository.")
        parser.add_argument(
            "--from",
            dest="source",
            type=Path,
            metavar="FILE",
            help="Take the keys of this key file. Default: a new key.",
        )
        parser.add_argument("--id", default="", dest="key_id", help="Id of the new key. Default: today's date.")
        wrapping = parser.add_mutually_exclusive_group()
        wrapping.add_argument(
            "--kms-key",
            metavar="KEY",
            help="Wrap the keys by this key of a key service. Default: the settings' KMS_KEY.",
        )
        wrapping.add_argument("--plain", action="store_true", help="Do not wrap: the file alone can open everything.")

    def handle(
        self, *args: Any, path: Path, source: Path | None, key_id: str, kms_key: str | None, plain: bool, **options: Any
    ) -> None:
        if path.exists():
            # Before the key service is asked, and before another file is read.
            raise _exists(path)
        try:
            made = make_key_file(path, source=source, key_id=key_id, kms_key="" if plain else kms_key or conf.kms_key)
        except KeyringError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{path} cannot be written ({error.strerror}).") from None
        if not made:
            raise _exists(path)
        self.stdout.write(f"Made {path}")
        self.stdout.write("Whoever loses this file loses every secret. Keep a copy, apart from the database's backups.")


def _exists(path: Path) -> CommandError:
    return CommandError(f"{path} already exists and was not changed. Give another path.")
