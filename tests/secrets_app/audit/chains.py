"""A chain of blocks, to look at and to tamper with."""

from __future__ import annotations

from neo_base.access.audit_subjects import Subject
from secrets_app.audit.recording import entry, write
from secrets_app.audit.sealing import rows
from secrets_app.models import AuditEntry

PER_BLOCK = 3


def add(count: int) -> None:
    write([entry("secret.deleted", actor=None, subject=Subject("secret", str(n)), version=n) for n in range(count)])


def of_block(sequence: int) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(block=sequence).order_by("id"))


def delete_row() -> None:
    rows().filter(pk=of_block(2)[1].pk).delete()
