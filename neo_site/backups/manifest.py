"""The manifest of a backup: what is in it, and what a restore needs. It holds no key."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

KIND, VERSION = "neo-backup", 1
NAME = "manifest.json"
CHUNK = 2**20
MB = 10**6


class BackupUnusable(Exception):
    """A backup that cannot be made, or not be restored here. The message says why and what to do."""


@dataclass(frozen=True)
class Contents:
    """What a database holds, read in the same moment in which it is copied."""

    migrations: dict[str, list[str]]
    """The names of the applied migrations, by app: the version of the schema."""
    master_keys: dict[str, str]
    """The ids of the master keys without which values cannot be opened, each with its key check value, in
    hexadecimal: it proves a key, and tells nothing of it."""
    other_master_keys: list[str]
    """The ids of those that only the audit log may need."""
    rows: dict[str, int]
    """How many rows each table has."""


@dataclass(frozen=True)
class Manifest:
    """A backup: when and by which release it was made, its file, and its contents."""

    made_at: str
    release: str
    engine: str
    file: str
    size: int
    sha256: str
    contents: Contents

    def write(self, directory: Path) -> None:
        text = json.dumps({"kind": KIND, "version": VERSION, **asdict(self)}, indent=2)
        (directory / NAME).write_text(f"{text}\n", encoding="utf-8")

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.made_at).astimezone(UTC)


def read(directory: Path) -> Manifest:
    """Return the manifest in `directory`. Raise BackupUnusable if there is none, or it is none of ours."""
    path = directory / NAME
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if (held.pop("kind"), held.pop("version")) != (KIND, VERSION):
            raise ValueError
        contents = Contents(**held.pop("contents"))
        manifest = Manifest(contents=contents, **held)
        manifest.moment  # noqa: B018  (raises ValueError)
        if Path(manifest.file).name != manifest.file or not _are_of_declared_types(manifest):
            raise ValueError
    except OSError as error:
        raise BackupUnusable(f"{path} cannot be read ({error.strerror}). Name the directory of a backup.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BackupUnusable(
            f"{path} is no manifest of a backup, or one of a later release. Name the directory that `manage.py backup` "
            "made."
        ) from None
    return manifest


def _are_of_declared_types(manifest: Manifest) -> bool:
    texts: list[Any] = [getattr(manifest, field.name) for field in fields(manifest) if field.type == "str"]
    held = manifest.contents
    maps = (held.migrations, held.master_keys, held.rows)
    return (
        all(isinstance(each, str) for each in (*texts, *held.master_keys.values(), *held.other_master_keys))
        and all(isinstance(each, dict) for each in maps)
        and all(isinstance(each, int) for each in (manifest.size, *held.rows.values()))
    )


def megabytes(path: Path) -> int:
    """Return the size of a file in MB; of one that is not there yet, 0."""
    return path.stat().st_size // MB if path.exists() else 0


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()
