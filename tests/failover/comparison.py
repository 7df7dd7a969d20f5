"""The ledger against the database: whatever was acknowledged has to be there, once, with its audit event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from tests.failover.ledger import Ledger

DOUBLED = (
    "SELECT count(*) FROM (SELECT FROM secrets_app_secret GROUP BY user_id, project_id, name HAVING count(*) > 1) named"
)


def losses(ledger: Ledger, address: str, project: str) -> dict[str, int]:
    """Return how many acknowledged writes of each kind are lost; only kinds of which any are."""
    with psycopg.connect(address) as connection:
        found = dict(_compared(connection, ledger, project))
    return {kind: count for kind, count in found.items() if count}


def done_in_doubt(ledger: Ledger, address: str) -> int:
    """Return how many creates were there already when they were sent again."""
    with psycopg.connect(address) as connection:
        rows = _rows(connection, "SELECT id::text, created_at FROM secrets_app_secret WHERE id::text = ANY(%s)", ledger)
    return sum(created_at < ledger.created[secret] for secret, created_at in rows)


def _rows(connection: psycopg.Connection[Any], sql: str, ledger: Ledger) -> list[Any]:
    return connection.execute(sql, [list(ledger.created)]).fetchall()


def _compared(connection: psycopg.Connection[Any], ledger: Ledger, project: str) -> Iterator[tuple[str, int]]:
    touched = list({*ledger.created, *ledger.versions, *ledger.deleted})
    stored = dict(
        connection.execute(
            "SELECT id::text, version FROM secrets_app_secret WHERE id::text = ANY(%s)", [touched]
        ).fetchall()
    )
    perhaps_gone = ledger.deleted | ledger.perhaps_deleted
    yield "creates", len(ledger.created.keys() - stored.keys() - perhaps_gone)
    kept = ledger.versions.items()
    yield "versions", sum(stored.get(secret, 0) < version for secret, version in kept if secret not in perhaps_gone)
    yield "deletions", len(ledger.deleted & stored.keys())

    grants = "SELECT id::text, uses, revoked_at IS NOT NULL FROM secrets_app_taskgrant WHERE id::text = ANY(%s)"
    rows = connection.execute(grants, [list(ledger.revoked | ledger.uses.keys())]).fetchall()
    is_revoked = {grant: revoked for grant, _, revoked in rows}
    uses = {grant: count for grant, count, _ in rows}
    yield "revocations", sum(not is_revoked.get(grant, False) for grant in ledger.revoked)
    yield "uses", sum(uses.get(grant, 0) < count for grant, count in ledger.uses.items())

    members = "SELECT count(*) FROM projects_membership WHERE project_id = %s AND user_id = ANY(%s)"
    yield "removals", _count(connection, members, [project, list(ledger.removed)])

    events = dict(
        connection.execute(
            "SELECT subject_id, count(*) FROM secrets_app_auditevent WHERE event = 'secret.created' "
            "AND subject_id = ANY(%s) GROUP BY 1",
            [list(ledger.created)],
        ).fetchall()
    )
    yield "audit events", sum(events.get(secret, 0) != 1 for secret in ledger.created)
    yield "names, twice", _count(connection, DOUBLED, [])
    yield "revoked, and used", ledger.used_after_revocation


def _count(connection: psycopg.Connection[Any], sql: str, parameters: list[Any]) -> int:
    return int(connection.execute(sql, parameters).fetchall()[0][0])
