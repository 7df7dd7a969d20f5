"""A worker stays on one core where there is exactly one for each."""

from __future__ import annotations

import os
from typing import Any

import pytest

from neo_site.configuration.server import server, usable_cores
from neo_site.serving.cores import stay_on_one_core
from neo_site.settings import env

pytestmark = pytest.mark.once

CORES = {3, 5, 8}


@pytest.fixture
def placed(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """Where this process was placed, on a machine that lets it run on CORES."""
    places: list[set[int]] = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(CORES))
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, cores: places.append(cores))
    return places


def test_each_worker_has_a_core_of_its_own(placed: list[set[int]]) -> None:
    for number in (1, 2, 3):
        stay_on_one_core(number, workers=3)
    assert placed == [{3}, {5}, {8}]


@pytest.mark.parametrize("workers", [1, 2, 4, 6])
def test_fewer_or_more_workers_are_placed_by_the_system(placed: list[set[int]], workers: int) -> None:
    for number in range(1, workers + 1):
        stay_on_one_core(number, workers=workers)
    assert placed == []


def test_a_worker_that_may_not_choose_serves_all_the_same(
    placed: list[set[int]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    with caplog.at_level("INFO", logger="neo_site.serve"):
        stay_on_one_core(2, workers=3)
    assert caplog.messages == ["worker.unpinned number=2"]


def test_all_cores_count_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sched_getaffinity", "sched_setaffinity"):
        monkeypatch.delattr(os, name)
    assert len(usable_cores()) == os.cpu_count()
    stay_on_one_core(1, workers=len(usable_cores()))


@pytest.mark.parametrize(("given", "is_pinned"), [({}, True), ({"NEO_PIN_WORKERS": "false"}, False)])
def test_an_operator_may_leave_it_to_the_system(
    given: dict[str, str], is_pinned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEO_PIN_WORKERS", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert server(env).pins_workers is is_pinned
