from __future__ import annotations

import time
from typing import Any
from unittest.mock import Mock

import pytest

from neo_base.rest.errors import Unavailable
from neo_site.throttling import tally as module
from neo_site.throttling.counts import Subject, count
from neo_site.throttling.rates import Rate
from neo_site.throttling.tally import Tally
from tests.limits import use_absent_redis

pytestmark = pytest.mark.once

FEW = Rate(20, 86_400)
MANY = Rate(1_000, 86_400)
STEP = 10
SOMEBODY = Subject("user", "somebody")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Count what is told; no time passes by itself."""
    monkeypatch.setattr(time, "monotonic", lambda: 1_000.0)
    told = Mock(side_effect=count)
    monkeypatch.setattr(module, "count", told)
    return told


def added(told: Mock) -> list[int]:
    return [call.args[2] for call in told.call_args_list]


def test_small_limits_are_told_each_time(told: Mock) -> None:
    one, other = Tally(), Tally()
    assert [each.count(SOMEBODY, FEW) for each in (one, other, one, other)] == [1, 2, 3, 4]


def test_large_limits_are_told_by_the_hundredth(told: Mock) -> None:
    tally = Tally()
    assert [tally.count(SOMEBODY, MANY) for _ in range(3 * STEP + 1)] == list(range(1, 3 * STEP + 2))
    assert added(told) == [1, STEP, STEP, STEP]


def test_what_waits_is_told_after_five_seconds(told: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    tally = Tally()
    for _ in range(3):
        tally.count(SOMEBODY, MANY)
    monkeypatch.setattr(time, "monotonic", lambda: 1_005.5)
    assert tally.count(SOMEBODY, MANY) == 4
    assert added(told) == [1, 3]


def test_two_processes_let_a_hundredth_more_through_at_most(told: Mock) -> None:
    tallies = Tally(), Tally()
    allowed = sum(each.count(SOMEBODY, MANY) <= MANY.limit for _ in range(MANY.limit) for each in tallies)
    assert MANY.limit <= allowed <= MANY.limit + STEP


def test_clients_are_counted_apart(told: Mock) -> None:
    tally = Tally()
    assert [tally.count(Subject("user", name), MANY) for name in ("a", "b", "a")] == [1, 1, 2]


def test_memory_is_bounded(told: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REMEMBERED", 2)
    tally = Tally()
    for name in "abcdef":
        tally.count(Subject("user", name), MANY)
    assert len(tally._known) == 2


def test_a_cache_that_does_not_answer_is_asked_once_in_five_seconds(told: Mock, settings: Any) -> None:
    use_absent_redis(settings)
    tally = Tally()
    with pytest.raises(Unavailable):
        tally.count(SOMEBODY, MANY)
    assert tally.count(SOMEBODY, MANY) == 2
    assert told.call_count == 1


def test_what_was_known_decides_while_the_cache_does_not_answer(told: Mock) -> None:
    tally = Tally()
    tally.count(SOMEBODY, FEW)
    told.side_effect = Unavailable
    assert [tally.count(SOMEBODY, FEW) for _ in range(3)] == [2, 3, 4]
    told.side_effect = count
    assert tally.count(SOMEBODY, FEW) == 5
    assert added(told)[-1] == 4
