"""A chain of blocks, to look at and to tamper with."""

from __future__ import annotations

from neo_base.audit.subjects import Subject
from secrets_app.audit.chaining import writable_events
from secrets_app.audit.recording import build_event, write
from secrets_app.models import AuditEvent

PER_BLOCK = 3


def add(count: int) -> None:
    write(
        [build_event("secret.deleted", actor=None, subject=Subject("secret", str(n)), version=n) for n in range(count)]
    )


def of_block(sequence: int) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(block=sequence).order_by("id"))


def delete_row() -> None:
    writable_events().filter(pk=of_block(2)[1].pk).delete()
