"""How refused attempts are counted: one row for the first, one for the repeats of a minute, and an end to both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from secrets_app.audit.denials import MAX_PER_EVENT, MAX_PER_SENDER, WINDOW, Count, Counts, Denial
from secrets_app.owners import Owner

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def counts() -> Counts:
    return Counts()


def denial(actor: str = "1", code: str = "role_too_low", event: str = "access.denied", **columns: Any) -> Denial:
    by = {"actor_kind": "user", "actor_id": actor, "address": "192.0.2.7", **columns}
    return Denial(event, by, "s", "TOKEN", Owner(project_id=UUID(int=1)), {"code": code})


def told(due: list[Count]) -> list[tuple[str, int]]:
    return [(count.denial.data.get("code", ""), count.times) for count in due]


def test_the_first_is_due_at_once_and_its_repeats_together_when_the_minute_is_over(counts: Counts) -> None:
    counts.add(denial(), START)
    assert counts.is_due(START)
    assert told(counts.take_due(START)) == [("role_too_low", 1)]
    for second in range(1, 31):
        counts.add(denial(), START + second * SECOND)
    assert not counts.is_due(START + 59 * SECOND)
    assert counts.take_due(START + 59 * SECOND) == []
    (summary,) = counts.take_due(START + WINDOW)
    assert (summary.times, summary.first_at, summary.last_at) == (30, START + SECOND, START + 30 * SECOND)


def test_what_goes_on_makes_one_row_a_minute(counts: Counts) -> None:
    rows = []
    for second in range(600):
        now = START + second * SECOND
        counts.add(denial(), now)
        rows += counts.take_due(now)
    assert len(rows) == 10
    rows += counts.take_due(START + 600 * SECOND)
    assert sum(count.times for count in rows) == 600


def test_after_a_quiet_minute_it_is_forgotten_and_the_next_one_due_at_once(counts: Counts) -> None:
    counts.add(denial(), START)
    counts.take_due(START)
    assert counts.take_due(START + WINDOW) == []
    assert len(counts) == 0
    counts.add(denial(), START + 2 * WINDOW)
    assert told(counts.take_due(START + 2 * WINDOW)) == [("role_too_low", 1)]


@pytest.mark.parametrize(
    "other",
    [
        denial("2"),
        denial(code="scope_missing"),
        denial(event="credential.refused"),
        denial(address="192.0.2.8"),
        denial(credential_id="c"),
        Denial("access.denied", denial().by, "other", "TOKEN", denial().owner, denial().data),
        Denial("access.denied", denial().by, "s", "TOKEN", Owner(user_id=1), denial().data),
        Denial("access.denied", denial().by, "s", "TOKEN", denial().owner, denial().data, distinct="x"),
    ],
)
def test_what_differs_counts_apart(counts: Counts, other: Denial) -> None:
    counts.add(denial(), START)
    counts.add(other, START)
    assert [count.times for count in counts.take_due(START)] == [1, 1]


def test_other_requests_and_addresses_of_one_network_count_together(counts: Counts) -> None:
    counts.add(denial(address="2001:db8::1", request_id="a"), START)
    counts.add(denial(address="2001:db8::2", request_id="b"), START)
    assert [count.times for count in counts.take_due(START)] == [2]


def test_a_summary_names_the_first_request_that_it_tells_of(counts: Counts) -> None:
    for request_id in "abc":
        counts.add(denial(request_id=request_id), START)
        counts.take_due(START)
    (summary,) = counts.take_due(START + WINDOW)
    assert (summary.denial.by["request_id"], summary.times) == ("b", 2)


def test_of_one_sender_so_many_kinds_are_told_apart_and_the_rest_is_his_all_the_same(counts: Counts) -> None:
    for number in range(500):
        counts.add(denial(code=f"code_{number}", request_id="r", credential_id="c"), START)
    *apart, rest = counts.take_due(START)
    assert (len(apart), rest.times) == (MAX_PER_SENDER, 500 - MAX_PER_SENDER)
    assert rest.denial == Denial("access.denied", {"actor_kind": "user", "actor_id": "1", "address": "192.0.2.7"})


def test_many_senders_fill_no_more_than_the_room_for_one_event_and_none_goes_uncounted(counts: Counts) -> None:
    for number in range(5_000):
        counts.add(denial(f"{number}"), START)
    counts.add(denial(event="credential.refused"), START)
    due = counts.take_due(START)
    assert len(due) == len(counts) == MAX_PER_EVENT + 2
    assert sum(count.times for count in due) == 5_001
    assert due[MAX_PER_EVENT].denial == Denial("access.denied", {"actor_kind": "anonymous"})
    assert due[-1].denial.event == "credential.refused"


def test_one_sender_takes_no_room_from_the_others(counts: Counts) -> None:
    for number in range(5_000):
        counts.add(denial(code=f"code_{number}"), START)
    counts.add(denial("2"), START)
    assert counts.take_due(START)[-1].denial.by["actor_id"] == "2"


def test_no_minute_has_more_rows_than_there_is_room_for(counts: Counts) -> None:
    written: list[datetime] = []
    for second in range(0, 300, 3):
        now = START + second * SECOND
        for number in range(50):
            counts.add(denial(f"{second}-{number}"), now)
        written += [now for _ in counts.take_due(now)]
    for start in range(300):
        since = START + start * SECOND
        assert sum(since <= at < since + WINDOW for at in written) <= MAX_PER_EVENT + 1


def test_what_could_not_be_written_is_due_again_and_nothing_is_lost(counts: Counts) -> None:
    counts.add(denial(), START)
    taken = counts.take_due(START)
    counts.add(denial(), START + SECOND)
    counts.put_back(taken, START + SECOND)
    (again,) = counts.take_due(START + WINDOW)
    assert (again.times, again.first_at, again.last_at) == (2, START, START + SECOND)


def test_at_the_end_everything_is_due(counts: Counts) -> None:
    counts.add(denial(), START)
    counts.take_due(START)
    counts.add(denial(), START)
    assert counts.take_due(START) == []
    assert told(counts.take_due(START, everything=True)) == [("role_too_low", 1)]
