"""The chain of the audit log, which grows only when a timer runs the command for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timesince

from neo_site.doctor.findings import Finding, ok, warning
from secrets_app.models import AuditBlock, AuditEvent

LONGEST_UNCHAINED = timedelta(minutes=10)
DO = "Run manage.py audit chain every minute, from a timer."


def chain() -> Iterator[Finding]:
    """Report how long the oldest event has waited for a block, and when the last was made. Costs two short queries."""
    last = AuditBlock.objects.order_by("-sequence").first()
    made = "no block was ever made" if last is None else f"the last block was made {_ago(last.chained_at)}"
    oldest = AuditEvent.objects.filter(block=None).order_by("id").first()
    if oldest is not None and timezone.now() - oldest.at > LONGEST_UNCHAINED:
        yield warning("audit", f"an event of {_ago(oldest.at)} is not in the chain yet, and {made}. {DO}")
    else:
        yield ok("audit", f"no event waits long for the chain; {made}")


def _ago(at: datetime) -> str:
    return f"{timesince(at, depth=1)} ago".replace("\xa0", " ")
