"""Make the key files of a data directory: `python -m neo_site.keys [DIRECTORY]`.

Existing files are never touched. Does not load the settings, which refuse to load without keys.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from secrets_app.key_files import create_private, new_master_key

MASTER_KEYS = "master.keys"
DJANGO_KEY = "django.key"
SIGNING_KEY = "signing.key"


def make_key_files(directory: Path) -> list[Path]:
    """Create what is missing, each file readable by its owner only; returns the files made."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = {
        MASTER_KEYS: new_master_key(),
        DJANGO_KEY: secrets.token_urlsafe(64),
        SIGNING_KEY: secrets.token_urlsafe(64),
    }
    return [directory / name for name, content in contents.items() if create_private(directory / name, content)]


def main() -> None:
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("NEO_DATA_DIR", ".data")).expanduser()
    for path in make_key_files(directory):
        print(f"Made {path}")
        if path.name == MASTER_KEYS:
            print("  Whoever loses this file loses every secret. Keep a copy apart from the database's backups.")


if __name__ == "__main__":
    main()
