"""Whether the audit is sealed: nothing does that by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timesince

from neo_site.doctor.findings import Finding, ok, warning
from secrets_app.models import AuditBlock, AuditEntry

LONGEST_UNSEALED = timedelta(minutes=10)
DO = "Run manage.py audit seal from a timer, each minute."


def sealing() -> Iterator[Finding]:
    """The oldest row that no block has, and when the last block was made. Costs two short queries."""
    last = AuditBlock.objects.order_by("-sequence").first()
    made = "no block was ever made" if last is None else f"the last block was made {_ago(last.sealed_at)}"
    oldest = AuditEntry.objects.filter(block=None).order_by("id").first()
    if oldest is not None and timezone.now() - oldest.at > LONGEST_UNSEALED:
        yield warning("audit", f"what was written {_ago(oldest.at)} is not sealed, and {made}. {DO}")
    else:
        yield ok("audit", f"nothing waits for long to be sealed; {made}")


def _ago(at: datetime) -> str:
    return f"{timesince(at, depth=1)} ago".replace("\xa0", " ")
