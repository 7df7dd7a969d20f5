"""Audit events as answers show them: rows without what proves them, and without making models."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from secrets_app.models.audit import AuditEvent, AuditEventQuerySet


@dataclass(slots=True)
class ShownEvent:
    """The columns of an audit event that are shown. It is no row, so whoever shows it may change it."""

    id: UUID
    at: datetime
    event: str
    outcome: str
    actor_kind: str
    actor_id: str
    actor_label: str
    credential_kind: str
    credential_id: str
    request_id: str
    address: str
    project_id: UUID | None
    user_id: str
    subject_kind: str
    subject_id: str
    subject_label: str
    data: dict[str, Any]
    granted_set_id: int | None


Event = TypeVar("Event", AuditEvent, ShownEvent)

_COLUMNS = [column.name for column in fields(ShownEvent)]


def shown_events(rows: AuditEventQuerySet) -> list[ShownEvent]:
    """Return the events of `rows`. Costs one query."""
    return [ShownEvent(*row) for row in rows.values_list(*_COLUMNS)]
