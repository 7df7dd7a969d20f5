"""The statements that one request costs, as PostgreSQL logs them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
from psycopg.sql import SQL

from benchmarks.bench.load import Request, Target
from benchmarks.bench.sameness import send
from benchmarks.bench.stage import Stage

BRACKETS = ("BEGIN", "COMMIT")
SETTLED_SECONDS = 0.3


def statements_of(stage: Stage, target: Target, requests: list[Request]) -> int:
    """Return how many statements the last of `requests` costs, without BEGIN and COMMIT, once it ran several times."""
    with httpx.Client(base_url=f"http://127.0.0.1:{target.port}") as client:
        # Each thread prepares statements, and each process fills what it remembers, also of this project.
        for each in [*requests, *requests[-1:] * 8]:
            send(client, each)
        with _logged(stage):
            before = stage.database_log.stat().st_size
            send(client, requests[-1])
            time.sleep(SETTLED_SECONDS)
    with stage.database_log.open("rb") as log:
        log.seek(before)
        lines = [line for line in log.read().decode(errors="replace").splitlines() if _is_statement(line)]
    return len(lines)


def _is_statement(line: str) -> bool:
    _, found, rest = line.partition("LOG:  ")
    _, told, statement = rest.partition(": ")
    return bool(found and told) and rest.startswith(("statement", "execute")) and not statement.startswith(BRACKETS)


@contextmanager
def _logged(stage: Stage) -> Iterator[None]:
    with psycopg.connect(stage.database_url, autocommit=True) as connection:
        _set(connection, "all")
        try:
            yield
        finally:
            _set(connection, "none")


def _set(connection: psycopg.Connection[tuple[object, ...]], level: str) -> None:
    connection.execute(SQL("ALTER SYSTEM SET log_statement = {}").format(level))
    connection.execute("SELECT pg_reload_conf()")
    time.sleep(SETTLED_SECONDS)
