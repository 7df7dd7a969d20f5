"""The reserve of storage, which nothing new is stored in: so that sign-in, reading and revoking work to the end.

Of SQLite, the free space of its file system is known. A PostgreSQL does not tell how much its disk has left; it tells
how large the database is, which is compared with what the operator says that it may become.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from django.db import connection

from secrets_app.conf import conf
from secrets_app.errors import StorageLow

MEASURED_EACH_SECONDS = 60
_measured: dict[str, tuple[float, int]] = {}


def require_reserve() -> None:
    """Raise StorageLow if nothing new may be stored.

    Costs a call of the operating system on SQLite; on PostgreSQL one query a minute, if `MAX_DATABASE_BYTES` is set.
    """
    if connection.vendor == "sqlite" and _free_bytes() < conf.min_free_bytes:
        raise StorageLow()
    most = conf.max_database_bytes
    if connection.vendor == "postgresql" and most is not None and _database_bytes() > most:
        raise StorageLow()


def _free_bytes() -> float:
    """Return the free bytes beside the file of the database; endless for one in memory."""
    directory = Path(str(connection.settings_dict["NAME"])).absolute().parent
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return float("inf")


def _database_bytes() -> int:
    name = str(connection.settings_dict["NAME"])
    at, size = _measured.get(name, (0.0, 0))
    if time.monotonic() - at >= MEASURED_EACH_SECONDS or not at:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            size = int(cursor.fetchone()[0])
        _measured[name] = (time.monotonic(), size)
    return size
