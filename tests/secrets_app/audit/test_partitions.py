"""`manage.py audit partition`: the log is what it was, month by month, and pruning drops whole months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from neo_base.access.actors import Actor
from secrets_app.audit import export, partitions
from secrets_app.audit.chaining import chain_events, writable_events
from secrets_app.audit.partitions import LATER, LOG, is_partitioned
from secrets_app.audit.pruning import prune
from secrets_app.audit.verification import verify
from secrets_app.models import AuditBlock, AuditEvent
from secrets_app.models.time_ids import first_id
from tests.cast import make_secret
from tests.secrets_app.audit.chains import PER_BLOCK, add
from tests.secrets_app.test_indexes import indexes_of

ACTOR = Actor.system("test")
JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 10, tzinfo=UTC) for month in (1, 2, 3))
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no partitions.")
Travel = Callable[[datetime], None]


@pytest.fixture
def at(db: None, monkeypatch: pytest.MonkeyPatch) -> Travel:
    """`at(moment)`: it is this moment from now on."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("audit", *arguments, stdout=out)
    return out.getvalue()


def tables() -> list[str]:
    return [partition.table.removeprefix(f"{LOG}_") for partition in partitions.partitions()]


def rows_in(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608  (a name of ours)
        return int(cursor.fetchone()[0])


@pytest.fixture
def three_months(at: Travel) -> None:
    """A log that was partitioned in January, with a block of January, one that goes on in March, and one of March."""
    at(JANUARY)
    partitions.partition()
    add(PER_BLOCK)
    chain_events()
    at(FEBRUARY)
    add(PER_BLOCK)
    at(MARCH)
    add(PER_BLOCK)
    chain_events()
    add(PER_BLOCK)
    chain_events()


@on_postgresql
def test_the_log_is_the_same_before_and_after(at: Travel) -> None:
    at(JANUARY)
    add(PER_BLOCK)
    chain_events()
    add(PER_BLOCK)
    exported, indexes = list(export.lines()), indexes_of(LOG)
    assert run("partition") == "Partitions: 13, for events before 2027-02-01T00:00:00Z.\n"
    assert list(export.lines()) == exported
    assert indexes_of(LOG) == indexes
    assert verify().is_clean
    assert rows_in(f"{LOG}_until_2026_02") == 2 * PER_BLOCK


@on_postgresql
def test_writing_chaining_and_verifying_go_on(three_months: None) -> None:
    report = verify()
    assert report.is_clean
    assert (report.blocks, report.events) == (3, 4 * PER_BLOCK)
    assert [rows_in(f"{LOG}_{month}") for month in ("until_2026_02", "2026_02", "2026_03")] == [3, 3, 6]


@on_postgresql
def test_secrets_are_created_and_recorded_each_way(three_months: None, member: Any, each_way: str) -> None:
    secret = make_secret(member)
    assert AuditEvent.objects.about(secret.pk).count() == 1
    assert verify().is_clean


@on_postgresql
def test_a_second_run_makes_only_what_is_missing(three_months: None, at: Travel) -> None:
    before = tables()
    assert (before[0], before[-1]) == ("until_2026_02", "2027_01")
    partitions.partition()
    assert tables() == [*before, "2027_02", "2027_03"]
    partitions.partition()
    assert tables() == [*before, "2027_02", "2027_03"]


@on_postgresql
def test_nobody_waits_where_no_month_is_missing(three_months: None) -> None:
    partitions.partition()
    with CaptureQueriesContext(connection) as captured:
        partitions.partition()
    assert [query["sql"] for query in captured if "LOCK" in query["sql"]] == []


@on_postgresql
def test_events_of_a_month_without_a_partition_wait_for_it(at: Travel) -> None:
    at(JANUARY)
    partitions.partition()
    at(datetime(2027, 5, 3, tzinfo=UTC))
    add(PER_BLOCK)
    chain_events()
    assert rows_in(LATER) == PER_BLOCK
    partitions.partition()
    assert (rows_in(LATER), rows_in(f"{LOG}_2027_05")) == (0, PER_BLOCK)
    assert verify().is_clean


@on_postgresql
def test_months_are_made_again_after_all_were_dropped(at: Travel) -> None:
    at(JANUARY)
    partitions.partition()
    at(datetime(2028, 1, 10, tzinfo=UTC))
    prune(actor=ACTOR, before=datetime(2028, 1, 1, tzinfo=UTC))
    assert tables() == []
    partitions.partition()
    assert tables()[0] == "2028_02"
    add(PER_BLOCK)
    chain_events()
    assert verify().is_clean


@on_postgresql
def test_pruning_drops_a_month_whose_blocks_have_all_ended(three_months: None) -> None:
    deleted = prune(actor=ACTOR, before=datetime(2026, 2, 15, tzinfo=UTC))
    # February stays: its block goes on in March.
    assert deleted == PER_BLOCK
    assert tables()[:2] == ["2026_02", "2026_03"]
    assert verify().is_clean
    assert AuditBlock.objects.filter(pruned_at=None).count() == 2


@on_postgresql
def test_pruning_deletes_the_rest_of_a_block_from_the_next_month(three_months: None, at: Travel) -> None:
    at(datetime(2026, 4, 1, tzinfo=UTC))
    assert prune(actor=ACTOR, before=datetime(2026, 3, 20, tzinfo=UTC)) == 4 * PER_BLOCK
    assert tables()[0] == "2026_03"
    assert rows_in(f"{LOG}_2026_03") == 0
    assert verify().is_clean
    events = AuditEvent.objects.filter(event="audit.pruned").order_by("data__first_block")
    assert [event.data["entries"] for event in events] == [PER_BLOCK, 2 * PER_BLOCK, PER_BLOCK]


@on_postgresql
def test_an_event_that_is_not_chained_keeps_its_month(three_months: None, at: Travel) -> None:
    late = writable_events().filter(id__lt=first_id(datetime(2026, 2, 1, tzinfo=UTC))).first()
    assert late is not None
    at(JANUARY)
    add(1)
    at(datetime(2026, 4, 1, tzinfo=UTC))
    prune(actor=ACTOR, before=datetime(2026, 3, 20, tzinfo=UTC))
    assert tables()[0] == "until_2026_02"
    assert writable_events().filter(block=None, event="secret.deleted").count() == 1
    assert verify().is_clean


@pytest.mark.skipif(connection.vendor == "postgresql", reason="For other databases.")
def test_sqlite_says_what_to_do_instead(db: None) -> None:
    with pytest.raises(CommandError, match=r"manage\.py audit prune"):
        run("partition")
    assert not is_partitioned()
