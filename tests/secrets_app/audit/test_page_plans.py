"""How PostgreSQL reads a page of the audit log where there is much else in it: only what is on the page."""

from __future__ import annotations

# ruff: noqa: S608  (the names are those of our models)
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.models import Project
from secrets_app.models import AuditEvent
from tests.cast import make_secret

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite does not tell how many rows it read.")

OTHERS = 5_000
PAGE = 20
LOG = AuditEvent._meta.db_table
COLUMNS = [str(field.column) for field in AuditEvent._meta.concrete_fields]


def add_events(event: str, project_id: str = "gen_random_uuid()") -> None:
    """Add events an hour ago and earlier, made from one that is there, about subjects that differ."""
    given = {"id": "uuidv7(-n * interval '1 hour')", "event": "%s", "project_id": project_id}
    given |= {"subject_id": "gen_random_uuid()"}
    columns = ", ".join(given.get(name, name) for name in COLUMNS)
    source = f"(SELECT * FROM {LOG} LIMIT 1) AS one, generate_series(1, {OTHERS}) AS n"
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {LOG} ({', '.join(COLUMNS)}) SELECT {columns} FROM {source}", [event])


def read_in_vain(plan: dict[str, Any]) -> Iterator[int]:
    """Yield how many rows each step of a plan read and dropped."""
    yield plan.get("Rows Removed by Filter", 0)
    for part in plan.get("Plans", []):
        yield from read_in_vain(part)


def test_a_page_does_not_read_what_is_not_on_it(member: Any, project: Project) -> None:
    for number in range(PAGE):
        make_secret(member, name=f"S{number}", project_id=project.pk)
    # Many projects were deleted, and much has happened, in this one and elsewhere.
    add_events("project.deleted")
    add_events("secret.created")
    add_events("secret.created", f"'{project.pk}'::uuid")
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {LOG}")
    with CaptureQueriesContext(connection) as captured:
        assert len(AuditEvent.objects.of_project(project.pk).order_by("-id")[:PAGE]) == PAGE
    dropped = []
    for query in captured.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query['sql']}")
            (found,) = cursor.fetchone()
        dropped.append(sum(read_in_vain(found[0]["Plan"])))
    assert len(dropped) == 2
    assert max(dropped) <= 2 * PAGE
