"""Reading what a database holds, by plain SQL: from the site's own connection, or from a copy of SQLite's file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.migrations.recorder import MigrationRecorder

from neo_site.backups.manifest import Contents
from neo_site.backups.models import Epoch
from neo_site.throttling.models import CacheEntry
from secrets_app.master_keys import check_value_of
from secrets_app.models import DataKey, KeyCheckValue, SiteKey

Query = Callable[[str], Iterable[Sequence[Any]]]

# The names of tables are our own.
MIGRATIONS = f"SELECT app, name FROM {MigrationRecorder.Migration._meta.db_table} ORDER BY app, name"  # noqa: S608
CHECK_VALUES = f"SELECT master_key_id, check_value FROM {KeyCheckValue._meta.db_table}"  # noqa: S608
NEEDED_KEYS = f"SELECT DISTINCT master_key_id FROM {DataKey._meta.db_table} WHERE state <> 'destroyed'"  # noqa: S608
KEYS_OF_THE_SITE = f"SELECT DISTINCT master_key_id FROM {SiteKey._meta.db_table}"  # noqa: S608
COUNT = 'SELECT count(*) FROM "{}"'

# Tables whose rows a backup may leave out or lose.
UNCOUNTED = {Epoch._meta.db_table, CacheEntry._meta.db_table}


def read_contents(query: Query, tables: Sequence[str]) -> Contents:
    """Return what the database behind `query` holds. Raises KeyringError for a key that has no key check value and is
    not held."""
    migrations = defaultdict(list)
    for app, name in query(MIGRATIONS):
        migrations[app].append(name)
    proofs = {key_id: bytes(value) for key_id, value in query(CHECK_VALUES)}
    # A database of an earlier release has no keys of the site.
    asked = [NEEDED_KEYS, *([KEYS_OF_THE_SITE] if SiteKey._meta.db_table in tables else [])]
    needed = sorted({key_id for each in asked for (key_id,) in query(each)})
    return Contents(
        migrations=dict(migrations),
        master_keys={key_id: (proofs.get(key_id) or check_value_of(key_id)).hex() for key_id in needed},
        other_master_keys=sorted(proofs.keys() - set(needed)),
        rows=count_rows(query, tables),
    )


def count_rows(query: Query, tables: Iterable[str]) -> dict[str, int]:
    """Return how many rows each of `tables` has."""
    counted = sorted(set(tables) - UNCOUNTED)
    return {table: next(iter(query(COUNT.format(table))))[0] for table in counted}
