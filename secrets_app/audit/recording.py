"""Writing the audit log: one audit event for each thing that happens, in the transaction in which it happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import Error
from django.utils import timezone

from neo_base.access.actors import Actor, ActorKind, Origin
from neo_base.audit.catalogue import catalogue
from neo_base.audit.subjects import Subject
from neo_base.transactions import retry_serialization
from secrets_app import statements
from secrets_app.audit.growth import admit, admitted
from secrets_app.audit.macs import audit_key, event_parts
from secrets_app.crypto.errors import CryptoError
from secrets_app.errors import AuditUnavailable
from secrets_app.master_keys import key_provider
from secrets_app.models import AuditEvent, GrantedSet
from secrets_app.models.audit import MAX_LABEL_LENGTH
from secrets_app.models.time_ids import new_id
from secrets_app.owners import Owner

ANONYMOUS = "anonymous"


def record(
    event: str,
    *,
    actor: Actor | None,
    subject: Subject,
    owner: Owner | None = None,
    granted_set: GrantedSet | None = None,
    stored_bytes: int = 0,
    **data: Any,
) -> None:
    """Write an audit event: `event` happened to `subject`; `actor` did it, None for somebody unknown.

    Call it inside the transaction of what happened, before that can have an effect outside: where the audit log cannot
    be written this raises AuditUnavailable (503), and the transaction must not commit. `owner` says whose matter it is,
    and so who may read it; `granted_set` holds the secrets that the event names. `stored_bytes` is what the action
    stored beside the event and one row; what is too much raises StoredTooMuch (429) or StorageLow (503). Costs one
    INSERT. Raises UnknownEvent and UndeclaredData for what is not registered.
    """
    row = build_event(event, actor=actor, subject=subject, owner=owner, granted_set=granted_set, **data)
    row.stored_bytes += stored_bytes
    write([row])


@retry_serialization
def write(events: Sequence[AuditEvent]) -> None:
    """Write what `build_event` returned, with one INSERT for all; outside of a transaction, in one of its own.

    Raises AuditUnavailable, and what `growth.admit` raises.
    """
    admit(events)
    try:
        AuditEvent.objects.bulk_create(events)
    except Error as error:
        raise AuditUnavailable() from error


def write_by(statement: str, parameters: Mapping[str, Any], *events: AuditEvent) -> list[tuple[Any, ...]]:
    """Write what `build_event` returned by a statement that also does what the events tell of; return its rows.

    It takes the rows from the parameter `events`. Raises what `statements.execute` and `growth.admit` raise.
    """
    with admitted(events):
        return statements.execute(statement, {**parameters, "events": statements.as_json(events)})


def build_event(
    event: str,
    *,
    actor: Actor | None,
    subject: Subject,
    owner: Owner | None = None,
    granted_set: GrantedSet | None = None,
    **data: Any,
) -> AuditEvent:
    """Return an audit event with its MAC, not yet written. Raises AuditUnavailable if there is no key for the MAC."""
    if granted_set is None:
        return build_event_by(actor_columns(actor), event, subject, owner, data)
    row = build_event_by(actor_columns(actor), event, subject, owner, {**data, "set": granted_set.hexdigest})
    row.granted_set_id, row.stored_bytes = granted_set.pk, granted_set.stored_bytes
    return row


def build_event_by(
    by: Mapping[str, str], event: str, subject: Subject, owner: Owner | None, data: Mapping[str, Any]
) -> AuditEvent:
    """Return what `build_event` returns, from the columns of an actor who is gone by now; see `actor_columns`."""
    registered, now = catalogue.named(event), timezone.now()
    row = AuditEvent(
        id=new_id(now),
        at=now,
        event=registered.name,
        outcome=registered.outcome.value,
        project_id=None if owner is None else owner.project_id,
        user_id="" if owner is None or owner.user_id is None else str(owner.user_id),
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_label=subject.label[:MAX_LABEL_LENGTH],
        data=registered.checked(data),
        **by,
    )
    try:
        row.key_id = key_provider().active_key_id
        row.mac = audit_key(row.key_id).tag(*event_parts(row))
    except CryptoError:
        raise AuditUnavailable() from None
    return row


def actor_columns(actor: Actor | None) -> dict[str, str]:
    """Return the columns that say who acted, and from where."""
    if actor is None:
        return {"actor_kind": ANONYMOUS}
    known = actor.kind is not ActorKind.SYSTEM and actor.user is not None
    return {
        "actor_kind": actor.kind.value,
        "actor_id": str(actor.user.pk) if known else "",
        "actor_label": actor.user.get_username()[:MAX_LABEL_LENGTH] if known else "",
        **_origin_columns(actor.origin),
    }


def anonymous_columns(origin: Origin) -> dict[str, str]:
    """Return the columns of an unknown actor who came from `origin`."""
    return {"actor_kind": ANONYMOUS, **_origin_columns(origin)}


def _origin_columns(origin: Origin) -> dict[str, str]:
    return {
        "credential_kind": origin.credential.kind,
        "credential_id": origin.credential.id,
        "request_id": origin.request_id,
        "address": origin.client_address[:64],
    }
