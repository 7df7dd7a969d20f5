"""Examinations of what keeps data: the database with its tables and clock, the cache, the disk."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection
from redis.exceptions import RedisError

from neo_site import health
from neo_site.checks import SHARED_CACHES
from neo_site.doctor.findings import Finding, error, ok, warning
from neo_site.failures import told
from secrets_app.crypto.private_files import is_private

MOST_SECONDS_APART = 2.0
LEAST_FREE, LEAST_FREE_BYTES = 0.1, 2**30


def database() -> Iterator[Finding]:
    """Report whether the database answers and takes writes, without writing anything."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as failure:
        yield error("database", told(failure))
        return
    yield ok("database", f"{connection.vendor} answers")
    if connection.vendor == "postgresql" and _is_read_only():
        yield error("database", "takes no writes: it is a standby or read-only. Point DATABASE_URL at the primary.")


def migrations() -> Iterator[Finding]:
    """Report the migrations that the database lacks."""
    unapplied = sorted(health.unapplied_migrations())
    if unapplied:
        names = ", ".join(f"{app}.{name}" for app, name in unapplied)
        yield error("migrations", f"are not applied up to {names}. Run manage.py migrate.")
    else:
        yield ok("migrations", "all are applied")


def clock() -> Iterator[Finding]:
    """Compare the clock with the database's, which may be another machine's: tokens and grants end by both clocks."""
    if connection.vendor == "sqlite":
        yield ok("clock", "is the database's, too")
        return
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        apart = abs(float(cursor.fetchone()[0]) - (before + time.time()) / 2)
    if apart > MOST_SECONDS_APART:
        yield error("clock", f"differs by {apart:.0f} seconds from the database's. Run an NTP client on both machines.")
    else:
        yield ok("clock", "agrees with the database's")


def counts() -> Iterator[Finding]:
    """Report whether the cache, which counts requests and failed sign-ins, keeps what it is given."""
    try:
        cache.set("doctor", "well", 60)
        holds = cache.get("doctor") == "well"
        cache.delete("doctor")
    except (Error, RedisError) as failure:
        yield error("cache", f"does not answer ({type(failure).__name__}), so nobody can sign in. Correct CACHE_URL.")
        return
    if not holds:
        yield error("cache", "loses what it is given. Name another cache in CACHE_URL.")
    elif settings.CACHES["default"]["BACKEND"] not in SHARED_CACHES:
        yield warning("cache", "is not shared: each process counts every limit alone. Name a shared one in CACHE_URL.")
    else:
        yield ok("cache", "keeps what it is given")


def disk() -> Iterator[Finding]:
    """Report the free space for the data directory, SQLite's file included. The disk of a PostgreSQL server is not
    examined."""
    if not settings.DATA_DIR.is_dir():
        return
    usage = shutil.disk_usage(settings.DATA_DIR)
    free = f"{usage.free // 2**20:,} MiB are free on the disk of {settings.DATA_DIR}"
    if usage.free < LEAST_FREE_BYTES and usage.free < usage.total * LEAST_FREE:
        yield warning("disk", f"only {free}. Make room before writes fail.")
    else:
        yield ok("disk", free)


def file_modes() -> Iterator[Finding]:
    """Report files of keys, of the token for metrics and of SQLite that others than their owner can use."""
    named = [os.environ.get(f"{name}_FILE", "") for name in ("NEO_SECRET_KEY", "NEO_SIGNING_KEY", "NEO_METRICS_TOKEN")]
    paths = [Path(path) for path in (*named, str(settings.SECRETS_APP["KEY_FILE"])) if path]
    if connection.vendor == "sqlite":
        paths += sorted(settings.DATA_DIR.glob("db.sqlite3*"))
    open_ones = [path for path in paths if path.is_file() and not is_private(path)]
    for path in open_ones:
        yield warning("files", f"{path} can be used by others than its owner. Run chmod 600 on it.")
    if not open_ones:
        yield ok("files", "only their owner can use the key and database files")


def _is_read_only() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return str(cursor.fetchone()[0]) == "on"
