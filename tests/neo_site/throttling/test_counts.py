from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.cache import cache
from django.db import connections

from neo_base.rest.errors import Unavailable
from neo_site.throttling.counts import Subject, count, forget, seconds_left, take_back
from neo_site.throttling.rates import Rate
from tests.limits import Clock, use_absent_redis

RATE = Rate(20, 86_400)
SOMEBODY = Subject("user", "somebody")
THREADS = 10
EACH = 5


def test_each_subject_has_a_count_of_its_own(each_cache: str) -> None:
    assert [count(SOMEBODY, RATE), count(SOMEBODY, RATE), count(SOMEBODY, RATE)] == [1, 2, 3]
    assert count(Subject("token", "somebody"), RATE) == 1
    assert count(Subject("user", "somebody else"), RATE) == 1


def test_a_count_is_taken_back_and_forgotten(each_cache: str) -> None:
    count(SOMEBODY, RATE)
    count(SOMEBODY, RATE)
    take_back(SOMEBODY, RATE)
    assert count(SOMEBODY, RATE) == 2
    forget(SOMEBODY, RATE)
    assert count(SOMEBODY, RATE) == 1


def test_taking_back_without_a_count_does_nothing(each_cache: str) -> None:
    take_back(SOMEBODY, RATE)
    assert count(SOMEBODY, RATE) == 1


def test_a_new_window_begins_at_zero(clock: Clock) -> None:
    count(SOMEBODY, RATE)
    clock.forward(seconds_left(RATE) + 1)
    assert count(SOMEBODY, RATE) == 1


def test_no_count_is_lost_between_threads(each_cache: str) -> None:
    barrier = Barrier(THREADS, timeout=300)

    def run() -> list[int]:
        barrier.wait()
        try:
            return [count(SOMEBODY, RATE) for _ in range(EACH)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        counted = [future.result() for future in [pool.submit(run) for _ in range(THREADS)]]

    assert sorted(number for numbers in counted for number in numbers) == list(range(1, THREADS * EACH + 1))


def test_the_cache_holds_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    add = Mock(return_value=True)
    monkeypatch.setattr(cache, "add", add)
    count(Subject("sign_in_name", "canary"), RATE)
    assert add.call_count == 1
    assert "canary" not in str(add.call_args)


def test_the_hash_in_a_key_needs_the_sites_secret_key(settings: Any) -> None:
    before = SOMEBODY.key
    settings.SECRET_KEY = "another key of at least thirty-two bytes, for this test"
    assert SOMEBODY.key != before


def test_a_redis_that_does_not_answer_is_unavailable(settings: Any) -> None:
    use_absent_redis(settings)
    with pytest.raises(Unavailable):
        count(SOMEBODY, RATE)
