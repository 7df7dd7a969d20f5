"""PostgreSQL on several machines, or behind a pooler: whether what was acknowledged survives, and whether time limits
reach it. None of these examinations writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection

from neo_site.doctor.findings import Finding, error, ok, warning

LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
MOST_SECONDS_BEHIND = 10.0
STANDBYS = """
    SELECT count(*), extract(epoch FROM max(replay_lag))::float, count(*) FILTER (WHERE state IS NULL)
    FROM pg_stat_replication WHERE application_name IS DISTINCT FROM 'pg_basebackup'
"""


def cluster() -> Iterator[Finding]:
    """Report which server answers, whether its commits are kept, and how far its standbys are behind."""
    if connection.vendor == "postgresql":
        yield from hosts(connection.settings_dict)
        if not _is_in_recovery():
            yield from commits(_shown("synchronous_commit"))
            yield from standbys(_shown("synchronous_standby_names"), *_row(STANDBYS))


def pooling() -> Iterator[Finding]:
    """Report time limits that are off: behind a pooler the site cannot set them itself."""
    if connection.vendor == "postgresql":
        yield from limits({name: _shown(name) for name in LIMITS})


def hosts(configured: dict[str, object]) -> Iterator[Finding]:
    """Report the server that answers; an address of several hosts has to look for the one that takes writes."""
    options = configured["OPTIONS"]
    attributes = options.get("target_session_attrs") if isinstance(options, dict) else None
    if "," in str(configured["HOST"]) and attributes not in ("read-write", "primary"):
        yield error(
            "hosts",
            "DATABASE_URL names several, and takes the first one that answers, a standby, too. Add "
            "?target_session_attrs=read-write to it.",
        )
    address, port = _row("SELECT host(inet_server_addr()), inet_server_port()")
    yield ok("hosts", f"{address}, port {port}, answers" if address else "a socket of this machine answers")


def commits(synchronous_commit: str) -> Iterator[Finding]:
    """Report a server that acknowledges what is not on its disk, or only on its own."""
    if synchronous_commit in ("off", "local"):
        yield error(
            "commits",
            f"synchronous_commit is {synchronous_commit}, so a crash or failover loses acknowledged writes, "
            "revocations among them. Set it to on.",
        )
    else:
        yield ok("commits", f"synchronous_commit is {synchronous_commit}")


def standbys(waited_for: str, count: int, lag: float | None, hidden: int) -> Iterator[Finding]:
    """Report standbys that no commit waits for, and standbys that are far behind."""
    if not count:
        yield ok("standbys", "none follow")
        return
    if not waited_for:
        yield warning(
            "standbys",
            f"{count} follow, and no commit waits for one: a failover can lose acknowledged writes, revocations among "
            "them. Set synchronous_standby_names; with Patroni, synchronous_mode.",
        )
    if hidden:
        yield ok("standbys", f"{count} follow; how far they are behind is told to roles with pg_monitor")
    elif lag is not None and lag > MOST_SECONDS_BEHIND:
        yield warning("standbys", f"one of {count} is {lag:.0f} seconds behind. See whether it keeps up.")
    else:
        yield ok("standbys", f"{count} follow, at most {lag or 0.0:.1f} seconds behind")


def limits(shown: dict[str, str]) -> Iterator[Finding]:
    """Report the time limits that are off; `shown` has what PostgreSQL says of each."""
    wanted = settings.NEO_TIME_LIMITS
    off = [name for name in LIMITS if shown[name] == "0" and wanted[name]]
    if not off:
        yield ok("limits", ", ".join(f"{name} {shown[name]}" for name in LIMITS))
    elif settings.NEO_POOLS_TRANSACTIONS:
        statements = " ".join(f"ALTER ROLE {_user()} SET {name} = {wanted[name]};" for name in off)
        yield error(
            "limits",
            f"off: {', '.join(off)}. The pooler keeps none of the site's own, so a slow statement holds a thread for "
            f"ever. Run in PostgreSQL: {statements} Then reconnect the pooler.",
        )
    else:
        yield warning("limits", f"off: {', '.join(off)}. If a pooler is in between, set NEO_DATABASE_POOLING.")


def _user() -> str:
    return connection.ops.quote_name(str(_row("SELECT current_user")[0]))


def _is_in_recovery() -> bool:
    return bool(_row("SELECT pg_is_in_recovery()")[0])


def _shown(name: str) -> str:
    return str(_row("SELECT current_setting(%s)", name)[0])


def _row(sql: str, *parameters: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row: tuple[Any, ...] = cursor.fetchone()
        return row
