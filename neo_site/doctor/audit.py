"""The chain of the audit log, which grows only when a timer runs the command for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from neo_site.doctor.findings import Finding, ago, ok, warning
from secrets_app.models import AuditBlock, AuditEvent

LONGEST_UNCHAINED = timedelta(minutes=10)
DO = "Run manage.py audit chain every minute, from a timer."


def chain() -> Iterator[Finding]:
    """Report how long the oldest event has waited for a block, and when the last was made. Costs two short queries."""
    last = AuditBlock.objects.order_by("-sequence").first()
    made = "no block was ever made" if last is None else f"the last block was made {ago(last.chained_at)}"
    oldest = AuditEvent.objects.filter(block=None).order_by("id").first()
    if oldest is not None and timezone.now() - oldest.at > LONGEST_UNCHAINED:
        yield warning("audit", f"an event of {ago(oldest.at)} is not in the chain yet, and {made}. {DO}")
    else:
        yield ok("audit", f"no event waits long for the chain; {made}")
