"""Writing the record: one row for each thing that happens, in the transaction in which it happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from neo_base.access.actors import Actor, ActorKind, Origin
from neo_base.access.audit_subjects import Subject
from secrets_app.audit.events import EXPOSURE, checked, event_named
from secrets_app.audit.macs import audit_key, entry_parts
from secrets_app.crypto.errors import CryptoError
from secrets_app.errors import AuditUnavailable
from secrets_app.master_keys import key_provider
from secrets_app.models import AuditEntry, ExposedSecret
from secrets_app.models.audit import MAX_LABEL_LENGTH
from secrets_app.models.time_ids import new_id
from secrets_app.owners import Owner

ANONYMOUS = "anonymous"


def record(event: str, *, actor: Actor | None, subject: Subject, owner: Owner | None = None, **data: Any) -> None:
    """Write down that `event` happened to `subject`, and by whom; None is somebody unknown.

    To be called inside the transaction of what happened, before it can have an effect outside: where the row cannot be
    written this raises AuditUnavailable (503), and the transaction must not commit. `owner` says whose matter it is,
    and so who may read of it. Costs one INSERT. Raises UnknownEvent and UndeclaredData for what is not registered.
    """
    write([entry(event, actor=actor, subject=subject, owner=owner, **data)])


def write(entries: Sequence[AuditEntry]) -> None:
    """Write rows that `entry` made: one INSERT for all, and one for what they exposed. Raises AuditUnavailable."""
    exposed = [
        ExposedSecret(secret_id=secret["id"], entry_id=each.id)
        for each in entries
        if each.event == EXPOSURE
        for secret in each.data["secrets"]
    ]
    try:
        AuditEntry.objects.bulk_create(entries)
        if exposed:
            ExposedSecret.objects.bulk_create(exposed)
    except DatabaseError as error:
        raise AuditUnavailable() from error


def entry(event: str, *, actor: Actor | None, subject: Subject, owner: Owner | None = None, **data: Any) -> AuditEntry:
    """The row, with its MAC, not yet written. Raises AuditUnavailable where the key for the MAC cannot be had."""
    return entry_by(who(actor), event, subject, owner, data)


def entry_by(
    by: Mapping[str, str], event: str, subject: Subject, owner: Owner | None, data: Mapping[str, Any]
) -> AuditEntry:
    """`entry`, with the columns that `who` has made of an actor who is gone by now."""
    registered, now = event_named(event), timezone.now()
    row = AuditEntry(
        id=new_id(now),
        at=now,
        event=registered.name,
        outcome=registered.outcome.value,
        project_id=None if owner is None else owner.project_id,
        user_id="" if owner is None or owner.user_id is None else str(owner.user_id),
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_label=subject.label[:MAX_LABEL_LENGTH],
        data=checked(registered, data),
        **by,
    )
    try:
        row.key_id = key_provider().active_key_id
        row.mac = audit_key(row.key_id).tag(*entry_parts(row))
    except CryptoError:
        raise AuditUnavailable() from None
    return row


def who(actor: Actor | None) -> dict[str, str]:
    """The columns that say who acted, and from where."""
    if actor is None:
        return {"actor_kind": ANONYMOUS}
    known = actor.kind is not ActorKind.SYSTEM and actor.user is not None
    return {
        "actor_kind": actor.kind.value,
        "actor_id": str(actor.user.pk) if known else "",
        "actor_label": actor.user.get_username()[:MAX_LABEL_LENGTH] if known else "",
        **_where(actor.origin),
    }


def somebody(origin: Origin) -> dict[str, str]:
    """The columns for somebody unknown, who came from there."""
    return {"actor_kind": ANONYMOUS, **_where(origin)}


def _where(origin: Origin) -> dict[str, str]:
    return {
        "credential_kind": origin.credential.kind,
        "credential_id": origin.credential.id,
        "request_id": origin.request_id,
        "address": origin.client_address[:64],
    }
