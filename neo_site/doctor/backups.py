"""Backups: the age of the last one, and whether the database itself is a restored copy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from neo_site.backups import epoch
from neo_site.doctor.findings import Finding, ago, error, ok, warning
from secrets_app.models import AuditEvent

LONGEST_WITHOUT = timedelta(days=2)
DO = (
    "Run manage.py backup daily, from a timer; if other software makes backups, let it run "
    "manage.py backup --made-elsewhere afterwards."
)


def copies() -> Iterator[Finding]:
    """Report a restored copy whose credentials have not been revoked: no server serves it."""
    try:
        epoch.require_original()
    except epoch.RestoredCopy as copy:
        yield error("epoch", str(copy))
    else:
        yield ok("epoch", "the database is no restored copy with old credentials")


def age() -> Iterator[Finding]:
    """Report when the last backup was made. Costs one short query of the audit log."""
    last = AuditEvent.objects.filter(event="backup.created").order_by("-id").first()
    if last is None:
        yield warning("backup", f"none was ever made, as far as the audit log goes back. {DO}")
    elif timezone.now() - last.at > LONGEST_WITHOUT:
        yield warning("backup", f"the last one was made {ago(last.at)}. {DO}")
    else:
        yield ok("backup", f"the last one was made {ago(last.at)}")
