"""Make the key files of a data directory: `python -m neo_site.keys [DIRECTORY]`.

Existing files are never touched. Does not load the settings, which refuse to load without keys.
"""

from __future__ import annotations

import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

from secrets_app.crypto import generate_key_line

MASTER_KEYS = "master.keys"
DJANGO_KEY = "django.key"
SIGNING_KEY = "signing.key"


def make_key_files(directory: Path) -> list[Path]:
    """Create what is missing, each file readable by its owner only; returns the files made."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = {
        MASTER_KEYS: generate_key_line(f"{datetime.now(UTC):%Y-%m-%d}"),
        DJANGO_KEY: secrets.token_urlsafe(64),
        SIGNING_KEY: secrets.token_urlsafe(64),
    }
    return [directory / name for name, content in contents.items() if _create(directory / name, content)]


def _create(path: Path, content: str) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write(content + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def main() -> None:
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("NEO_DATA_DIR", ".data")).expanduser()
    for path in make_key_files(directory):
        print(f"Made {path}")
        if path.name == MASTER_KEYS:
            print("  Whoever loses this file loses every secret. Keep a copy apart from the database's backups.")


if __name__ == "__main__":
    main()
