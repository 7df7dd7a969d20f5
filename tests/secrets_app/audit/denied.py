"""The rows of refused attempts."""

from __future__ import annotations

from secrets_app.models import AuditEntry


def denials() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(outcome="denied").order_by("id"))


def only_denial() -> AuditEntry:
    (row,) = denials()
    return row
