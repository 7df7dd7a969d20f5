"""Granted sets: storing each content once, reading what an audit event named, deleting what nothing names.

`grant.created` and `environment.exposed` hold the digest of a granted set, which their MAC covers. So the sets need no
MAC of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django.db import connections
from django.db.models import Exists, OuterRef, QuerySet

from neo_base.transactions import atomic
from secrets_app.models import AuditEvent, GrantedSet, SetMember, TaskGrant
from secrets_app.models.granted_set import Content, Damaged
from secrets_app.models.shown_event import Event

SETS_AT_ONCE = 100
BYTES_OF_A_MEMBER = 100
"""A row of the index, with its key."""


def stored_set(content: Content) -> GrantedSet:
    """Return the row that holds `content`, which is created if there is none; must run inside a transaction.

    Nobody deletes it before that ends. Costs one query if the row exists, three more if not.
    """
    new = GrantedSet.of(content)
    return _held(new) or _stored(new, content)


def expand(events: Iterable[Event], *, keep_digest: bool = False) -> list[Event]:
    """Put the secrets of a granted set in place of its digest, in `data`; return the events.

    With `keep_digest`, they stand beside it: without them, `data` is what the MAC covers. An event whose set is missing
    or altered keeps the digest alone. Costs one query if any event names a set.
    """
    events = list(events)
    ids = {event.granted_set_id for event in events if event.granted_set_id is not None}
    sets = GrantedSet.objects.in_bulk(list(ids)) if ids else {}
    for event in events:
        held = sets.get(event.granted_set_id)
        if held is not None and event.data.get("set") == held.hexdigest and is_sound(held):
            rest = {name: value for name, value in event.data.items() if keep_digest or name != "set"}
            event.data = {"secrets": held.held.pairs, **rest}
    return events


def delete_unused() -> int:
    """Delete the sets that no grant and no audit event names any more, in batches; return how many there were."""
    deleted = 0
    while batch := _delete_batch():
        deleted += batch
    return deleted


def is_sound(row: GrantedSet) -> bool:
    """Return whether the set holds what its digest was made of."""
    try:
        _ = row.held
    except Damaged:
        return False
    return True


def _held(new: GrantedSet) -> GrantedSet | None:
    """Return the row with the same digest, locked so that nobody deletes it before this transaction ends.

    On PostgreSQL this takes the lock that a grant's reference would take anyway; SQLite has no second writer.
    """
    rows = GrantedSet.objects.filter(digest=new.digest)
    if connections[rows.db].vendor != "postgresql":
        return rows.first()
    sql, parameters = rows.query.sql_with_params()
    return next(iter(GrantedSet.objects.raw(f"{sql} FOR KEY SHARE", parameters)), None)


def _stored(new: GrantedSet, content: Content) -> GrantedSet:
    # Another request may store the same set at this moment: then both add the same members, and each of them once.
    GrantedSet.objects.bulk_create([new], ignore_conflicts=True)
    row = cast(GrantedSet, _held(new))
    members = [SetMember(secret_id=each, granted_set_id=row.pk) for each in content.ids]
    SetMember.objects.bulk_create(members, ignore_conflicts=True)
    row.stored_bytes = len(new.content) + len(members) * BYTES_OF_A_MEMBER
    return row


@atomic
def _delete_batch() -> int:
    held = _unused().select_for_update(skip_locked=True).order_by("id").values_list("id", flat=True)
    # Asked again under the lock: a grant may have named a set between the choice and the lock.
    unused = list(_unused().filter(pk__in=list(held[:SETS_AT_ONCE])))
    for row in unused:
        members = SetMember.objects.filter(granted_set_id=row.pk)
        if is_sound(row):
            # The index begins with the secret.
            members = members.filter(secret_id__in=row.held.ids)
        members.delete()
    GrantedSet.objects.filter(pk__in=[row.pk for row in unused]).delete()
    return len(unused)


def _unused() -> QuerySet[GrantedSet]:
    grants = TaskGrant.objects.filter(granted_set=OuterRef("pk"))
    events = AuditEvent.objects.filter(granted_set_id=OuterRef("pk"))
    return GrantedSet.objects.filter(~Exists(grants), ~Exists(events))
