"""Restoring a backup into an empty database. Everything that can be refused is refused before anything is written.

Until the last step the database has no epoch, so that no server serves it; see `neo_site/backups/epoch.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from neo_base.access.actors import Actor
from neo_base.progress import Show, unshown
from neo_site.backups import manifest
from neo_site.backups.contents import count_rows
from neo_site.backups.engines import engine, query, require_direct, tables, take_all_time
from neo_site.backups.manifest import BackupUnusable, Manifest
from neo_site.revocation import revoke_everything
from secrets_app.actions.verification import data_keys_that_open_nothing
from secrets_app.master_keys import check_against, held_key_ids

Tell = Callable[[str], None]


def checked(directory: Path) -> Manifest:
    """Return the manifest of a backup that can be restored here; write nothing.

    Raises BackupUnusable and KeyringError, whose sentence says what is wrong: the files, the release, the keys, the
    database.
    """
    backup = manifest.read(directory)
    _require_engine(backup)
    _require_files(directory, backup)
    _require_release(backup)
    require_direct()
    check_against({key_id: bytes.fromhex(value) for key_id, value in backup.contents.master_keys.items()})
    _require_empty_database()
    return backup


def missing_audit_keys(backup: Manifest) -> list[str]:
    """Return the ids of master keys that are not held and by which only the audit log may be verified."""
    return sorted(set(backup.contents.other_master_keys) - held_key_ids())


def restore(
    directory: Path,
    *,
    actor: Actor,
    tell: Tell,
    loading: AbstractContextManager[Show] | None = None,
    revoking: AbstractContextManager[Show] | None = None,
) -> list[str]:
    """Restore a backup, and end every credential in it; return the owners of values that do not open.

    Raises what `checked` raises, and then nothing was written; BackupUnusable also where the copy cannot be loaded.
    `loading` shows how many MB of the copy have been loaded, and `revoking` how many credentials have been revoked.
    """
    backup = checked(directory)
    tell(f"Checked: the files, the release and {len(backup.contents.master_keys)} master keys.")
    with loading or nullcontext(unshown) as show:
        engine().load(directory / backup.file, show)
    take_all_time()
    _require_all_rows(backup)
    tell(f"Loaded: {sum(backup.contents.rows.values())} rows.")
    call_command("migrate", interactive=False, verbosity=0)
    count, closed = data_keys_that_open_nothing()
    tell(f"Opened: one value of {count - len(closed)} data keys, of {count} that seal something.")
    with revoking or nullcontext(unshown) as show:
        revoke_everything(actor=actor, made_at=backup.moment, progress=show)
    tell("Revoked: every credential that was in the backup.")
    return closed


def _require_engine(backup: Manifest) -> None:
    if backup.engine != connection.vendor:
        raise BackupUnusable(
            f"The backup is of {backup.engine}, and DATABASE_URL names {connection.vendor}. Restore it into "
            f"{backup.engine}."
        )


def _require_files(directory: Path, backup: Manifest) -> None:
    path = directory / backup.file
    try:
        is_whole = path.stat().st_size == backup.size and manifest.checksum(path) == backup.sha256
    except OSError as error:
        raise BackupUnusable(f"{path} cannot be read ({error.strerror}). Copy the whole directory.") from None
    if not is_whole:
        raise BackupUnusable(f"{path} is not what its manifest says: it was cut off or changed. Use another backup.")


def _require_release(backup: Manifest) -> None:
    """Refuse migrations that this release does not have; those of apps that are not installed here do not matter."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    installed = {config.label for config in apps.get_app_configs()}
    later = [
        f"{app}.{name}"
        for app, names in sorted(backup.contents.migrations.items())
        for name in names
        if app in installed and (app, name) not in known
    ]
    if later:
        raise BackupUnusable(
            f"Release {backup.release} made this backup, and the release here does not know its migrations "
            f"{', '.join(later)}. Install that release or a later one."
        )


def _require_empty_database() -> None:
    if found := tables():
        raise BackupUnusable(
            f"The database is not empty: it has {len(found)} tables. Name a new and empty one in DATABASE_URL, or move "
            "the file of SQLite away."
        )


def _require_all_rows(backup: Manifest) -> None:
    expected = backup.contents.rows
    found = count_rows(query, expected.keys() & set(tables()))
    if wrong := sorted(table for table in expected if found.get(table) != expected[table]):
        raise BackupUnusable(f"Not everything was loaded: rows are missing in {', '.join(wrong)}. Empty the database.")
