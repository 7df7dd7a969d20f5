"""Whether the audit log is chained: nothing does that by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timesince

from neo_site.doctor.findings import Finding, ok, warning
from secrets_app.models import AuditBlock, AuditEvent

LONGEST_UNCHAINED = timedelta(minutes=10)
DO = "Run manage.py audit chain from a timer, each minute."


def chaining() -> Iterator[Finding]:
    """Report the oldest audit event without a block, and the age of the last block. Costs two short queries."""
    last = AuditBlock.objects.order_by("-sequence").first()
    made = "no block was ever made" if last is None else f"the last block was made {_ago(last.chained_at)}"
    oldest = AuditEvent.objects.filter(block=None).order_by("id").first()
    if oldest is not None and timezone.now() - oldest.at > LONGEST_UNCHAINED:
        yield warning("audit", f"an audit event written {_ago(oldest.at)} is not chained, and {made}. {DO}")
    else:
        yield ok("audit", f"no audit event has waited long to be chained; {made}")


def _ago(at: datetime) -> str:
    return f"{timesince(at, depth=1)} ago".replace("\xa0", " ")
