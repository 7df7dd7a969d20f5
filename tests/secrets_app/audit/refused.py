"""The audit events of refused attempts."""

from __future__ import annotations

from secrets_app.models import AuditEvent


def refused_events() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(outcome="denied").order_by("id"))


def only_refused() -> AuditEvent:
    (row,) = refused_events()
    return row
