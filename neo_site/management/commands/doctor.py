from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error

from neo_site.doctor import audit, backups, cluster, settings, stores
from neo_site.doctor.findings import Finding, Grade, error
from neo_site.failures import told

Examination = Callable[[], Iterator[Finding]]
ALWAYS: tuple[Examination, ...] = (settings.system_checks, settings.proxies, settings.mails, stores.file_modes)
# These ask the database and are skipped when it does not answer.
STORED: tuple[Examination, ...] = (
    *(cluster.cluster, cluster.pooling, stores.migrations),
    *(settings.keys, settings.factors, backups.copies, backups.age),
    *(audit.chain, audit.months, stores.clock, stores.counts),
)


class Command(BaseCommand):
    help = (
        "Examine database, its standbys and limits, migrations, keys, backups, audit log, clock, cache, mail, proxies, "
        "files and disk, without changing anything, and print a line for each: ok, warning or error, and what to do. "
        "Exit with status 1 after an error."
    )
    # The system checks are one of the examinations.
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        found = []
        for finding in examine():
            self.stdout.write(str(finding))
            found.append(finding.grade)
        if Grade.ERROR in found:
            raise SystemExit(1)


def examine() -> Iterator[Finding]:
    """Run every examination, those of the database only when it answers."""
    database = list(stores.database())
    yield from database
    if all(finding.grade is Grade.OK for finding in database[:1]):
        for examination in STORED:
            yield from _survived(examination)
    for examination in (*ALWAYS, stores.disk):
        yield from _survived(examination)


def _survived(examination: Examination) -> Iterator[Finding]:
    """Run one examination; a database that fails meanwhile is its finding, not the end of the command."""
    try:
        yield from examination()
    except Error as failure:
        yield error(examination.__name__, f"not examined. {told(failure)}")
