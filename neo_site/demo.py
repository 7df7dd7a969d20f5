"""What `manage.py demo` keeps of the demo in the data directory: passwords, and the ids of what it made."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

NAME = "demo.json"


def exists(directory: Path) -> bool:
    return (directory / NAME).exists()


def read(directory: Path) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((directory / NAME).read_text(encoding="utf-8"))
    return kept


def ids(directory: Path) -> dict[str, Any]:
    """Return the ids that the examples of the API page name; nothing without a demo, or with one that keeps none."""
    return read(directory).get("ids", {}) if exists(directory) else {}


def keep(directory: Path, demo: dict[str, Any]) -> None:
    """Write the file, once. Only its owner can read it."""
    descriptor = os.open(directory / NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(demo, file)
