"""The epoch: what tells the database of a site from a restored copy of it.

A copy brings back credentials that were revoked since it was made, so no server serves it until they are revoked again.
There are three signs of a copy:

- The row of the epoch is missing: `manage.py backup` leaves it out.
- PostgreSQL keeps its table in another place. A dump that is loaded makes each table anew, under another number; a
  failover, an ordinary upgrade of this site and a restart do not.
- The file `epoch` beside the keys has another content, or is missing. It says which site a copied file of SQLite, or a
  copied directory of PostgreSQL, was made for.

What the row does not know yet, the next server that starts adds to it.
"""

from __future__ import annotations

import os
from typing import Any, Never

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection
from django.db.backends.signals import connection_created

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from neo_site.backups.models import Epoch
from secrets_app.audit.recording import record

MISSING = "The row of its epoch is missing"
MOVED = "PostgreSQL keeps its tables in another place"
NO_FILE = "The file {path}, which belongs to it, is missing"
OTHER_FILE = "The file {path} belongs to another one"
DO = (
    "The database is a restored copy, and credentials in it may have been revoked since it was made. "
    "{sign}. Revoke all credentials with `manage.py revoke_everything --yes`"
)
DO_WITH_FILE = ", or, if this is no copy, put the file back that the other machines have"
DO_WITH_PLACE = ", or, if this is no copy but was moved, as by pg_upgrade, run `manage.py restore --not-a-copy`"


class RestoredCopy(OperationalError):
    """The database is a restored copy, whose credentials have not been revoked. The message says what to do."""

    outage = "restored_copy"


def require_original() -> None:
    """Raise RestoredCopy if the database is a restored copy. Costs up to three short queries; writes nothing.

    A database without the table has nothing to tell yet. Raises OSError where the file cannot be read.
    """
    if not _has_table():
        return
    row, here, path = Epoch.objects.first(), _beside_keys(), settings.EPOCH_FILE
    if row is None:
        _refuse(MISSING)
    if row.place and row.place != _place():
        _refuse(MOVED, DO_WITH_PLACE)
    if row.beside_keys and row.beside_keys != here:
        _refuse((OTHER_FILE if here else NO_FILE).format(path=path), DO_WITH_FILE)


def is_copy() -> bool:
    """Return whether the database is a restored copy."""
    try:
        require_original()
    except RestoredCopy:
        return True
    return False


def learn() -> None:
    """Add what the row of the original does not know yet; raise RestoredCopy for a copy."""
    require_original()
    if not _has_table():
        return
    Epoch.objects.filter(place="").update(place=_place())
    Epoch.objects.filter(beside_keys="").update(beside_keys=_beside_keys())


def adopt(*, actor: Actor, **data: Any) -> None:
    """Make this database the original, and record it; inside the transaction that revokes the credentials."""
    Epoch.objects.all().delete()
    Epoch.objects.create(place=_place(), beside_keys=_beside_keys())
    record("database.adopted", actor=actor, subject=Subject("database"), **data)


def watch() -> None:
    """Refuse, in this process, every new connection to a restored copy: the database may be replaced while it runs."""
    connection_created.connect(_inspect, dispatch_uid="neo_backups.epoch")


_inspected: set[tuple[int, int]] = set()
"""The files of SQLite that were found to be no copies: each request opens its own anew."""


def _inspect(connection: Any, **_: Any) -> None:
    if connection.alias != DEFAULT_DB_ALIAS:
        return
    status = os.stat(connection.settings_dict["NAME"]) if connection.vendor == "sqlite" else None
    file = None if status is None else (status.st_dev, status.st_ino)
    if file in _inspected:
        return
    try:
        require_original()
    except RestoredCopy:
        connection.close()
        raise
    if file is not None:
        _inspected.add(file)


def _has_table() -> bool:
    with connection.cursor() as cursor:
        return Epoch._meta.db_table in connection.introspection.table_names(cursor)


def _place() -> str:
    """Return where PostgreSQL keeps the table of the epoch: cluster, database and table; empty on SQLite."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege('pg_control_system()', 'execute')")
        cluster = "(SELECT system_identifier FROM pg_control_system())" if cursor.fetchone()[0] else "''"
        cursor.execute(
            f"SELECT concat_ws('/', {cluster}, oid, %s::regclass::oid) FROM pg_database"  # noqa: S608  (constants)
            " WHERE datname = current_database()",
            [Epoch._meta.db_table],
        )
        return str(cursor.fetchone()[0])


def _beside_keys() -> str:
    """Return the content of the file beside the keys; empty if there is none."""
    try:
        with open(settings.EPOCH_FILE, encoding="utf-8") as file:
            return file.read(100).strip()
    except FileNotFoundError:
        return ""


def _refuse(sign: str, otherwise: str = "") -> Never:
    raise RestoredCopy(f"{DO.format(sign=sign)}{otherwise}.")
