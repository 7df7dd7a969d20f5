"""Making a backup: a directory with a copy of the database and its manifest, and never the keys."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

import secrets_app
from neo_base.access.actors import Actor
from neo_base.audit.event_fields import moment
from neo_base.audit.subjects import Subject
from neo_base.progress import Show, sampled, unshown
from neo_base.transactions import atomic
from neo_site.backups.engines import engine, require_direct, take_all_time
from neo_site.backups.manifest import BackupUnusable, Manifest, checksum, megabytes
from secrets_app.audit.recording import record
from secrets_app.master_keys import check_master_keys


def make_backup(directory: Path, *, actor: Actor, progress: Show = unshown) -> Manifest:
    """Make a backup in the new directory, while the site runs, and record it. It is there as a whole or not at all.

    Raises KeyringError where the site's own keys could not restore it, BackupUnusable and OSError.
    Calls `progress` with the size of the copy so far, in MB.
    """
    if directory.exists():
        raise BackupUnusable(f"{directory} exists already and was not changed. Name a new directory.")
    require_direct()
    check_master_keys()
    take_all_time()
    part = directory.with_name(f"{directory.name}.part")
    # What an earlier run left that was killed.
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    try:
        manifest = _fill(part, progress)
        part.rename(directory)
        record_backup(actor=actor, size=manifest.size)
    except BaseException:
        # One that is not recorded goes, too, so that the command can begin again.
        for each in (part, directory):
            shutil.rmtree(each, ignore_errors=True)
        raise
    return manifest


def record_backup(*, actor: Actor, size: int | None = None) -> None:
    """Record that a backup was made, so that `doctor` knows its age; without a size, by other software."""
    data: dict[str, Any] = {} if size is None else {"size": size}
    atomic(record)("backup.created", actor=actor, subject=Subject("backup"), **data)


def _fill(directory: Path, progress: Show) -> Manifest:
    used = engine()
    path = directory / used.FILE
    # Before the copy: what was revoked since then may be valid in it.
    made_at = timezone.now()
    with sampled(lambda: megabytes(path), progress):
        contents = used.copy(path)
    manifest = Manifest(
        made_at=str(moment(made_at)),
        release=secrets_app.__version__,
        engine=connection.vendor,
        file=path.name,
        size=path.stat().st_size,
        sha256=checksum(path),
        contents=contents,
    )
    manifest.write(directory)
    for file in directory.iterdir():
        file.chmod(0o600)
    return manifest
