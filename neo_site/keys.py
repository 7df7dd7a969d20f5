"""Makes the key files of a data directory: `python -m neo_site.keys [DIRECTORY]`.

It never changes an existing file. If NEO_KMS_KEY is set, that key wraps the new master key. It does not load the
settings, because they refuse to load without keys.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from environ import FileAwareEnv

from secrets_app.crypto import KeyService, key_service
from secrets_app.crypto.errors import KeyringError
from secrets_app.crypto.key_files import create_private, new_master_key

MASTER_KEYS = "master.keys"
DJANGO_KEY = "django.key"
SIGNING_KEY = "signing.key"
EPOCH = "epoch"


def make_key_files(directory: Path, service: Callable[[], KeyService | None] = lambda: None) -> list[Path]:
    """Make the missing key files, readable by their owner only, and return their paths. Raise KeyringError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents: dict[str, Callable[[], str]] = {
        MASTER_KEYS: lambda: new_master_key(service()),
        DJANGO_KEY: lambda: secrets.token_urlsafe(64),
        SIGNING_KEY: lambda: secrets.token_urlsafe(64),
        # No key, but beside them: see `neo_site/backups/epoch.py`.
        EPOCH: lambda: secrets.token_hex(16),
    }
    missing = [name for name in contents if not (directory / name).exists()]
    return [directory / name for name in missing if create_private(directory / name, contents[name]())]


def main() -> None:
    """Make the files and say which; the directory is the argument, or else NEO_DATA_DIR."""
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("NEO_DATA_DIR", ".data")).expanduser()
    try:
        made = make_key_files(directory, _key_service)
    except KeyringError as error:
        sys.exit(f"No master key was made: {error}")
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}. Name a directory in which this user can make files.")
    for path in made:
        print(f"Made {path}")
        if path.name == MASTER_KEYS:
            print("  Whoever loses this file loses every secret. Keep a copy, apart from the database's backups.")


def _key_service() -> KeyService | None:
    reference = str(FileAwareEnv().str("NEO_KMS_KEY", default="")).strip()
    return key_service(reference) if reference else None


if __name__ == "__main__":
    main()
