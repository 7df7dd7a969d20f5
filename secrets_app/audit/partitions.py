"""The audit log in partitions, one for each month, on PostgreSQL: pruning drops them and deletes no row.

Ids begin with the time, so a range of ids is a month. The table keeps its name, columns, key and indexes; events that
were there before stay together in the first partition, and are not copied. What comes later than the last month goes
into a partition of its own, and is moved when its month is made: so writing never waits for this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from neo_base.transactions import atomic
from secrets_app.models import AuditEvent
from secrets_app.models.time_ids import first_id

MONTHS_AHEAD = 12
# The first partition ends with a month that does not end while it is made.
LEAST_AHEAD = timedelta(days=2)
LOG = AuditEvent._meta.db_table
LATER = f"{LOG}_later"
_NAME = re.compile(rf"{LOG}_(until_)?(\d{{4}})_(\d\d)")


class NeedsPostgreSQL(Exception):
    """The database is another one."""

    def __init__(self) -> None:
        super().__init__(
            "Only PostgreSQL can keep the audit log in partitions. Here, delete old events with: manage.py audit prune"
        )


class Partition(NamedTuple):
    """A part of the audit log."""

    table: str
    end: datetime
    """The moment that its events come before."""


def is_partitioned() -> bool:
    """Return whether the audit log is in partitions; never on another database than PostgreSQL."""
    if connection.vendor != "postgresql":
        return False
    return bool(_rows("SELECT 1 FROM pg_class WHERE oid = %s::regclass AND relkind = 'p'", LOG))


def partitions() -> list[Partition]:
    """Return the partitions of months, the oldest first; none where the log is not partitioned."""
    if not is_partitioned():
        return []
    names = _rows("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", LOG)
    found = (_NAME.fullmatch(name.rpartition(".")[2].strip('"')) for (name,) in names)
    return sorted((_of(name) for name in found if name), key=lambda partition: partition.end)


def partition() -> list[Partition]:
    """Put the audit log in partitions if it is in none yet, and make those of the coming months; return all.

    The first time, writers wait while PostgreSQL reads the table once. Where nothing is missing, nobody waits. Raises
    NeedsPostgreSQL.
    """
    if connection.vendor != "postgresql":
        raise NeedsPostgreSQL
    if not is_partitioned() or _missing():
        _divide()
    return partitions()


@atomic
def _divide() -> None:
    _execute("SET LOCAL statement_timeout = 0")
    _execute("LOCK TABLE {log} IN ACCESS EXCLUSIVE MODE")
    if not is_partitioned():
        _begin(_month_after(timezone.now() + LEAST_AHEAD))
    for start in _missing():
        _add(start)


def _missing() -> list[datetime]:
    """Return the beginnings of the coming months that have no partition."""
    now, made = timezone.now(), partitions()
    # None is left where a year went by without this, and all was pruned.
    return list(_months(made[-1].end if made else _month_after(now), now))


def hold(partition: Partition) -> None:
    """Wait for those who write to a partition, and let nobody write to it until this transaction ends.

    What is asked of it may take longer than other statements.
    """
    _execute("SET LOCAL statement_timeout = 0")
    _execute("LOCK TABLE {held} IN SHARE ROW EXCLUSIVE MODE", held=partition.table)


def drop(gone: Partition) -> None:
    """Drop a partition with all its events."""
    _execute("DROP TABLE {gone}", gone=gone.table)


def _begin(end: datetime) -> None:
    """Make the table of the log the first partition of a new one, which gets its name and the names of its indexes."""
    first = f"{LOG}_until_{end:%Y_%m}"
    indexes = _rows(
        """
        SELECT c.relname, CASE WHEN i.indisprimary THEN NULL ELSE pg_get_indexdef(c.oid) END
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = %s::regclass
        """,
        LOG,
    )
    _execute("ALTER TABLE {log} RENAME TO {first}", first=first)
    for name, _ in indexes:
        _execute("ALTER INDEX {name} RENAME TO {former}", name=name, former=f"{name}_first")
    like = "(LIKE {first} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)"
    _execute(f"CREATE TABLE {{log}} {like} PARTITION BY RANGE (id)", first=first)
    for name, definition in indexes:
        if definition is None:
            _execute("ALTER TABLE {log} ADD CONSTRAINT {name} PRIMARY KEY (id)", name=name)
        else:
            _execute(definition.replace("{", "{{").replace("}", "}}"))
    _execute(
        f"ALTER TABLE {{log}} ATTACH PARTITION {{first}} FOR VALUES FROM (MINVALUE) TO ('{first_id(end)}')", first=first
    )
    _execute("CREATE TABLE {later} PARTITION OF {log} DEFAULT")


def _add(start: datetime) -> None:
    """Make the partition of the month that begins at `start`, with the events that are there already."""
    low, high = first_id(start), first_id(_month_after(start))
    month = f"{LOG}_{start:%Y_%m}"
    _execute("CREATE TABLE {month} (LIKE {log} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)", month=month)
    _execute(
        f"""
        WITH moved AS (DELETE FROM {{later}} WHERE id >= '{low}' AND id < '{high}' RETURNING *)
        INSERT INTO {{month}} SELECT * FROM moved
        """,  # noqa: S608  (names and ids of ours)
        month=month,
    )
    _execute(f"ALTER TABLE {{log}} ATTACH PARTITION {{month}} FOR VALUES FROM ('{low}') TO ('{high}')", month=month)


def _of(name: re.Match[str]) -> Partition:
    is_first, year, month = name.groups()
    start = datetime(int(year), int(month), 1, tzinfo=UTC)
    return Partition(name[0], start if is_first else _month_after(start))


def _months(start: datetime, now: datetime) -> Iterator[datetime]:
    """Yield the beginnings of the months from `start` on that begin within `MONTHS_AHEAD` from now."""
    while (start.year - now.year) * 12 + start.month - now.month <= MONTHS_AHEAD:
        yield start
        start = _month_after(start)


def _month_after(at: datetime) -> datetime:
    """Return the beginning of the next month."""
    return datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC)


def _execute(statement: str, **names: str) -> None:
    quoted = {key: connection.ops.quote_name(name) for key, name in {"log": LOG, "later": LATER, **names}.items()}
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**quoted))


def _rows(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
