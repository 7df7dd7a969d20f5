"""The audit log: its chain and its partitions, which grow only when a timer runs the commands for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from neo_site.doctor.findings import Finding, ago, ok, warning
from secrets_app.audit.partitions import is_partitioned, partitions
from secrets_app.models import AuditBlock, AuditEvent

LONGEST_UNCHAINED = timedelta(minutes=10)
# The command makes those of twelve months, and runs each month or more often.
LEAST_AHEAD = timedelta(days=90)
DO = "Run manage.py audit chain every minute, from a timer."
PARTITION = "Run manage.py audit partition each month, from a timer, or run manage.py worker."


def chain() -> Iterator[Finding]:
    """Report how long the oldest event has waited for a block, and when the last was made. Costs two short queries."""
    last = AuditBlock.objects.order_by("-sequence").first()
    made = "no block was ever made" if last is None else f"the last block was made {ago(last.chained_at)}"
    oldest = AuditEvent.objects.filter(block=None).order_by("id").first()
    if oldest is not None and timezone.now() - oldest.at > LONGEST_UNCHAINED:
        yield warning("audit", f"an event of {ago(oldest.at)} is not in the chain yet, and {made}. {DO}")
    else:
        yield ok("audit", f"no event waits long for the chain; {made}")


def months() -> Iterator[Finding]:
    """Report until when there are partitions, if the audit log is kept in some. Costs up to three short queries."""
    if not is_partitioned():
        return
    made = partitions()
    if not made:
        yield warning("partitions", f"none is left, so no month can be dropped. {PARTITION}")
    elif made[-1].end - timezone.now() < LEAST_AHEAD:
        yield warning("partitions", f"there are none for events after {made[-1].end:%Y-%m-%d}. {PARTITION}")
    else:
        yield ok("partitions", f"there is one for each month until {made[-1].end:%Y-%m-%d}")
