"""Make a key file: with a new master key, or with the keys of another file, wrapped otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from secrets_app.conf import conf
from secrets_app.crypto import AwsKms, rewritten_key_lines
from secrets_app.crypto.errors import KeyringError
from secrets_app.crypto.key_files import create_private, new_master_key


class Command(BaseCommand):
    help = "Makes a key file with a new master key, for SECRETS_APP['KEY_FILE']. An existing file is never touched."
    # They would ask for the key that is being made.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="Where to: out of the repository and of backups.")
        parser.add_argument(
            "--from", dest="source", type=Path, metavar="FILE", help="Take the keys of this key file, and make none."
        )
        parser.add_argument("--id", default="", dest="key_id", help="The id of the new key; today's date unless given.")
        wrapping = parser.add_mutually_exclusive_group()
        wrapping.add_argument(
            "--kms-key", metavar="ARN", help="Wrap by this key of AWS KMS; that of the settings unless given."
        )
        wrapping.add_argument(
            "--plain", action="store_true", help="Wrap by none: the file alone then opens everything."
        )

    def handle(
        self, *args: Any, path: Path, source: Path | None, key_id: str, kms_key: str | None, plain: bool, **options: Any
    ) -> None:
        if path.exists():
            raise CommandError(f"{path} exists, and is left as it is.")
        try:
            lines = _lines(source, key_id, "" if plain else kms_key or conf.kms_key)
            made = create_private(path, "\n".join(lines))
        except KeyringError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{path} cannot be written ({error.strerror}).") from None
        if not made:
            raise CommandError(f"{path} exists, and is left as it is.")
        self.stdout.write(f"Made {path}")
        self.stdout.write("Whoever loses this file loses every secret. Keep a copy apart from the database's backups.")


def _lines(source: Path | None, key_id: str, kms_key: str) -> list[str]:
    service = AwsKms(kms_key) if kms_key else None
    if source is None:
        return [new_master_key(service, key_id)]
    return rewritten_key_lines(source, AwsKms(conf.kms_key) if conf.kms_key else None, service)
