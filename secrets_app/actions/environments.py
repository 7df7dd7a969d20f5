"""The only way out for plaintext: the values of one task's secrets, for whoever holds the task token.

A task gets all values or none. One transaction checks the grant, its grantor and its secrets as they are now, counts
the use and writes the audit event. The values leave after it is committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.db.models import F, Q
from django.utils import timezone

from neo_base import quick_way
from neo_base.access.actors import Actor
from neo_base.access.announcing import announce
from neo_base.quick_way import NotRegular, try_quickly
from neo_base.transactions import atomic
from secrets_app import signals, statements, vault
from secrets_app.audit.granted_sets import stored_set
from secrets_app.audit.recording import build_event, record, write_by
from secrets_app.errors import InvalidTaskToken, Unreadable, UnreadableSecrets
from secrets_app.models import AuditEvent, GrantedSet, Secret, SecretVersion, TaskGrant
from secrets_app.models.audit import EXPOSURE
from secrets_app.models.granted_set import Content, Granted
from secrets_app.models.task_grant import TaskScope
from secrets_app.models.token import LAST_USED_PRECISION
from secrets_app.plaintext import Plaintext
from secrets_app.policies import Permission, require
from secrets_app.tasks.granted import content_of
from secrets_app.tasks.granted_rows import Current, Row, current_rows, granted_rows, refuse

Opened = tuple[Mapping[str, Row], dict[str, Plaintext]]
"""The row of each name, and its value."""
NOTED_AT_ONCE = 10_000
"""How many ids one statement takes. Of more secrets, the others are noted at the next use."""


class OpenedEnvironment(NamedTuple):
    """The values of a task's secrets by name."""

    values: dict[str, Plaintext]
    exempt_from_redaction: list[str]
    """The names of those that what the task prints may show, sorted."""


def open_environment(*, actor: Actor, grant: TaskGrant) -> OpenedEnvironment:
    """Return the values of the granted secrets, and count one use of the grant.

    Raises InvalidTaskToken if the grant has ended, what `require` raises if its grantor lost the permission,
    SecretGone, SecretExpired or UnreadableSecrets with the names of all such secrets, and KeyUnavailable. If it
    raises, no use is counted. Costs the same few queries whatever the number of secrets.
    """
    rows_and_values = try_quickly("environment", lambda: _open_quickly(actor, grant))
    rows, values = rows_and_values or _open_plainly(actor, grant)
    return OpenedEnvironment(values, sorted(name for name, row in rows.items() if _is_exempt(row)))


def _open_quickly(actor: Actor, grant: TaskGrant) -> Opened:
    """Open what the granted set of the grant holds, as long as that is what leaves. Raises NotRegular.

    The statement takes a use only if there were as many as when the grant was read: the audit event says which it is.
    """
    if not quick_way.is_open() or grant.granted_set is None or TaskScope.CREATE_SECRETS in grant.scopes:
        raise NotRegular
    statements.require_possible()
    require(actor, Permission.TASK_ENVIRONMENT, grant.owner)
    now = timezone.now()
    rows = current_rows(grant, grant.granted_set, now)
    values, due = _open(rows), now - LAST_USED_PRECISION
    stale = _stale(rows.values(), due)
    parameters = {"grant": grant.pk, "uses": grant.uses, "now": now} | ({"due": due, "stale": stale} if stale else {})
    event = build_event(EXPOSURE, **_exposure(actor, grant, grant.granted_set), use=grant.uses + 1)
    with statements.undoable():
        write_by(_exposing(notes_use=bool(stale)), parameters, event)
        grant.uses += 1
        _announce(actor, grant, rows)
    return rows, values


@cache
def _exposing(*, notes_use: bool) -> str:
    """Return the statement that takes a use of a grant, and stores the event of it.

    With `notes_use` it also notes the use of secrets. Rows of secrets that another request holds are skipped, so that
    two tasks with the same secrets never wait. Otherwise, that part is left out: with an empty array of ids PostgreSQL
    would plan the statement at each use, which takes it longer than to carry it out.
    """
    grants, secrets = statements.table(TaskGrant), statements.table(Secret)
    noted = f"""
        , stale AS (
            SELECT id FROM {secrets}
            WHERE id = ANY(%(stale)s) AND (last_used_at IS NULL OR last_used_at <= %(due)s)
            FOR NO KEY UPDATE SKIP LOCKED
        ), noted AS (
            UPDATE {secrets} SET last_used_at = %(now)s FROM stale, taken WHERE {secrets}.id = stale.id
        )
    """  # noqa: S608  (names of ours)
    return f"""
        WITH taken AS (
            UPDATE {grants} SET uses = uses + 1, last_used_at = %(now)s
            WHERE id = %(grant)s AND uses = %(uses)s AND (max_uses IS NULL OR uses < max_uses)
                AND revoked_at IS NULL AND expires_at > %(now)s
            RETURNING id
        ) {noted if notes_use else ""}
        {statements.insert(AuditEvent, "events", given="taken")}
    """  # noqa: S608  (names of ours)


@atomic
def _open_plainly(actor: Actor, grant: TaskGrant) -> Opened:
    _take_a_use(grant)
    require(actor, Permission.TASK_ENVIRONMENT, grant.owner)
    content = content_of(grant)
    secrets = Secret.objects.defer("mask").in_bulk(content.ids)
    rows = granted_rows(grant, content.given, secrets)
    values = _open(rows)
    _note_use(secrets.values())
    record_exposure(actor=actor, grant=grant, granted_set=_exposed_set(grant, content, rows))
    _announce(actor, grant, rows)
    return rows, values


def record_exposure(*, actor: Actor, grant: TaskGrant, granted_set: GrantedSet) -> None:
    """Write the audit event of an exposure. It is committed before the values leave; if it fails, they do not."""
    record(EXPOSURE, **_exposure(actor, grant, granted_set), use=grant.uses)


def _exposure(actor: Actor, grant: TaskGrant, granted_set: GrantedSet) -> dict[str, Any]:
    return {"actor": actor, "subject": grant.subject, "owner": grant.owner, "granted_set": granted_set}


def _announce(actor: Actor, grant: TaskGrant, rows: Mapping[str, Row]) -> None:
    has_listeners = signals.secret_exposed.has_listeners(Secret)
    for name, row in rows.items() if has_listeners else ():
        announce(
            signals.secret_exposed,
            Secret,
            secret_id=row.secret_id,
            name=name,
            version=row.version,
            grant=grant,
            actor=actor,
        )
    announce(signals.grant_used, TaskGrant, grant=grant, actor=actor, names=list(rows))


def _given(content: Content, rows: Mapping[str, Row]) -> Sequence[Granted]:
    """Return what leaves: what was granted, in the versions of `rows`."""
    return [each._replace(version=rows[each.name].version) for each in content.given]


def _exposed_set(grant: TaskGrant, content: Content, rows: Mapping[str, Row]) -> GrantedSet:
    """Return the set of what leaves: the grant's, unless versions changed meanwhile or the task made secrets."""
    given = _given(content, rows)
    if grant.granted_set is not None and given == grant.granted_set.held.given:
        return grant.granted_set
    return stored_set(Content(given, content.omitted))


def _take_a_use(grant: TaskGrant) -> None:
    """Count a use, or raise InvalidTaskToken if none is left.

    A single UPDATE decides, so that concurrent requests never get more uses than the grant has.
    """
    taken = TaskGrant.objects.open().filter(pk=grant.pk).update(uses=F("uses") + 1, last_used_at=timezone.now())
    if not taken:
        raise InvalidTaskToken()
    grant.refresh_from_db(fields=["uses"])


def _is_exempt(row: Row) -> bool:
    """Return whether the secret is exempt from redaction now, whichever version the task gets."""
    return (row.secret if isinstance(row, SecretVersion) else row).is_exempt_from_redaction


def _open(rows: Mapping[str, Row]) -> dict[str, Plaintext]:
    """Return the plaintext of each row by name. Raises UnreadableSecrets with all such names, and KeyUnavailable."""
    values: dict[str, Plaintext] = {}
    unreadable = []
    for name, row in rows.items():
        try:
            values[name] = vault.open_value(row)
        except Unreadable:
            unreadable.append(name)
    refuse(UnreadableSecrets, "The value of {} cannot be opened.", unreadable)
    return values


def _note_use(secrets: Iterable[Secret]) -> None:
    """Set the time of last use of the secrets, with at most one write a minute, and without waiting."""
    now = timezone.now()
    due = now - LAST_USED_PRECISION
    ids = _stale(secrets, due)
    if not ids:
        return
    stale = Secret.objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=due), pk__in=ids)
    # Rows that another request holds are skipped, so that two tasks with the same secrets never wait for each other.
    held = stale.order_by("pk").select_for_update(skip_locked=True, no_key=True)
    Secret.objects.filter(pk__in=held.values("pk")).update(last_used_at=now)


def _stale(secrets: Iterable[Current], due: datetime) -> list[Any]:
    """Return the ids of those whose last use was noted by then, or never."""
    return [each.id for each in secrets if (each.last_used_at or due) <= due][:NOTED_AT_ONCE]
