"""Making key files: readable by their owner only, and never over one that is there. No Django inside."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from secrets_app.crypto import KeyService, generate_key_line


def new_master_key(service: KeyService | None = None, key_id: str = "") -> str:
    """The line of a key file: a new master key, wrapped by `service` if there is one. Raises KeyringError.

    Its id is the date of today unless it is given.
    """
    return generate_key_line(key_id or f"{datetime.now(UTC):%Y-%m-%d}", service)


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
