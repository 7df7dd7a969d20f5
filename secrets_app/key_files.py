"""Making key files: readable by their owner only, and never over one that is there. No Django inside."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from secrets_app.crypto import generate_key_line


def new_master_key() -> str:
    """The line of a key file: a new master key, under the date of today as its id."""
    return generate_key_line(f"{datetime.now(UTC):%Y-%m-%d}")


def create_private(path: Path, content: str) -> bool:
    """Write `content` into a new file of mode 0600, down to the disk. False, and nothing written, if there is one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write(content + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True
