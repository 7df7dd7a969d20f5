"""AttemptCounts of refused attempts: an event for the first, one for the repeats of a minute, and a limit for both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from secrets_app.audit.attempt_counts import (
    MAX_PER_EVENT,
    MAX_PER_SENDER,
    WINDOW,
    AttemptCount,
    AttemptCounts,
    RefusedAttempt,
)
from secrets_app.owners import Owner

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def counts() -> AttemptCounts:
    return AttemptCounts()


def refused(
    actor: str = "1", code: str = "role_too_low", event: str = "access.denied", **columns: Any
) -> RefusedAttempt:
    by = {"actor_kind": "user", "actor_id": actor, "address": "192.0.2.7", **columns}
    return RefusedAttempt(event, by, "s", "TOKEN", Owner(project_id=UUID(int=1)), {"code": code})


def told(due: list[AttemptCount]) -> list[tuple[str, int]]:
    return [(count.attempt.data.get("code", ""), count.times) for count in due]


def test_repeats_are_due_together_when_the_minute_is_over(counts: AttemptCounts) -> None:
    counts.add(refused(), START)
    assert counts.is_due(START)
    assert told(counts.take_due(START)) == [("role_too_low", 1)]
    for second in range(1, 31):
        counts.add(refused(), START + second * SECOND)
    assert not counts.is_due(START + 59 * SECOND)
    assert counts.take_due(START + 59 * SECOND) == []
    (summary,) = counts.take_due(START + WINDOW)
    assert (summary.times, summary.first_at, summary.last_at) == (30, START + SECOND, START + 30 * SECOND)


def test_continued_attempts_make_one_event_a_minute(counts: AttemptCounts) -> None:
    rows = []
    for second in range(600):
        now = START + second * SECOND
        counts.add(refused(), now)
        rows += counts.take_due(now)
    assert len(rows) == 10
    rows += counts.take_due(START + 600 * SECOND)
    assert sum(count.times for count in rows) == 600


def test_attempt_after_a_quiet_minute_is_due_at_once(counts: AttemptCounts) -> None:
    counts.add(refused(), START)
    counts.take_due(START)
    assert counts.take_due(START + WINDOW) == []
    assert len(counts) == 0
    counts.add(refused(), START + 2 * WINDOW)
    assert told(counts.take_due(START + 2 * WINDOW)) == [("role_too_low", 1)]


@pytest.mark.parametrize(
    "other",
    [
        refused("2"),
        refused(code="scope_missing"),
        refused(event="credential.refused"),
        refused(address="192.0.2.8"),
        refused(credential_id="c"),
        RefusedAttempt("access.denied", refused().by, "other", "TOKEN", refused().owner, refused().data),
        RefusedAttempt("access.denied", refused().by, "s", "TOKEN", Owner(user_id=1), refused().data),
        RefusedAttempt("access.denied", refused().by, "s", "TOKEN", refused().owner, refused().data, distinct="x"),
    ],
)
def test_different_attempts_are_counted_apart(counts: AttemptCounts, other: RefusedAttempt) -> None:
    counts.add(refused(), START)
    counts.add(other, START)
    assert [count.times for count in counts.take_due(START)] == [1, 1]


def test_attempts_of_one_network_are_counted_together(counts: AttemptCounts) -> None:
    counts.add(refused(address="2001:db8::1", request_id="a"), START)
    counts.add(refused(address="2001:db8::2", request_id="b"), START)
    assert [count.times for count in counts.take_due(START)] == [2]


def test_summary_names_its_first_request(counts: AttemptCounts) -> None:
    for request_id in "abc":
        counts.add(refused(request_id=request_id), START)
        counts.take_due(START)
    (summary,) = counts.take_due(START + WINDOW)
    assert (summary.attempt.by["request_id"], summary.times) == ("b", 2)


def test_one_senders_further_kinds_are_counted_together(counts: AttemptCounts) -> None:
    for number in range(500):
        counts.add(refused(code=f"code_{number}", request_id="r", credential_id="c"), START)
    *apart, rest = counts.take_due(START)
    assert (len(apart), rest.times) == (MAX_PER_SENDER, 500 - MAX_PER_SENDER)
    assert rest.attempt == RefusedAttempt(
        "access.denied", {"actor_kind": "user", "actor_id": "1", "address": "192.0.2.7"}
    )


def test_many_senders_stay_within_the_limit_of_an_event(counts: AttemptCounts) -> None:
    for number in range(1_000):
        counts.add(refused(f"{number}"), START)
    counts.add(refused(event="credential.refused"), START)
    due = counts.take_due(START)
    assert len(due) == len(counts) == MAX_PER_EVENT + 2
    assert sum(count.times for count in due) == 1_001
    assert due[MAX_PER_EVENT].attempt == RefusedAttempt("access.denied", {"actor_kind": "anonymous"})
    assert due[-1].attempt.event == "credential.refused"


def test_one_sender_leaves_room_for_others(counts: AttemptCounts) -> None:
    for number in range(1_000):
        counts.add(refused(code=f"code_{number}"), START)
    counts.add(refused("2"), START)
    assert counts.take_due(START)[-1].attempt.by["actor_id"] == "2"


def test_no_minute_exceeds_the_limit(counts: AttemptCounts) -> None:
    written: list[datetime] = []
    for second in range(0, 300, 3):
        now = START + second * SECOND
        for number in range(15):
            counts.add(refused(f"{second}-{number}"), now)
        written += [now for _ in counts.take_due(now)]
    for start in range(300):
        since = START + start * SECOND
        assert sum(since <= at < since + WINDOW for at in written) <= MAX_PER_EVENT + 1


def test_unwritten_counts_are_due_again(counts: AttemptCounts) -> None:
    counts.add(refused(), START)
    taken = counts.take_due(START)
    counts.add(refused(), START + SECOND)
    counts.put_back(taken, START + SECOND)
    (again,) = counts.take_due(START + WINDOW)
    assert (again.times, again.first_at, again.last_at) == (2, START, START + SECOND)


def test_everything_is_due_at_the_end(counts: AttemptCounts) -> None:
    counts.add(refused(), START)
    counts.take_due(START)
    counts.add(refused(), START)
    assert counts.take_due(START) == []
    assert told(counts.take_due(START, everything=True)) == [("role_too_low", 1)]
