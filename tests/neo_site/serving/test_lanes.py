"""Requests get a thread in time or not at all; what was not answered in time is not done later."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from neo_base.rest.errors import Unavailable
from neo_site import deadlines
from neo_site.deadlines import Deadline
from neo_site.serving import lanes
from neo_site.serving.bodies import Disconnected
from neo_site.serving.environ import Answer
from neo_site.serving.lanes import Lane
from tests.neo_site.serving.front import Protocol

pytestmark = pytest.mark.once

ANSWER = Answer(200, [], b"done")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "QUEUE_SECONDS", 0.2)
    monkeypatch.setattr(lanes, "LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(lanes, "MOST_REQUESTS", 3)


def deadline() -> Deadline:
    return Deadline(seconds=5, lock_seconds=5)


class Thread:
    """Work that holds its thread until it is released, and notes that it was done."""

    def __init__(self) -> None:
        self.release, self.begun = threading.Event(), threading.Event()
        self.done = 0

    def __call__(self) -> tuple[Answer, Callable[[], None]]:
        self.begun.set()
        self.release.wait(5)
        self.done += 1
        return ANSWER, lambda: None


def test_an_answer_is_sent_before_what_follows_it() -> None:
    order: list[object] = []
    protocol, followed = Protocol(), threading.Event()

    def follow() -> None:
        order.append(list(protocol.answers))
        followed.set()

    def work() -> tuple[Answer, Callable[[], None]]:
        return ANSWER, follow

    async def run() -> None:
        lane = Lane("test", 1)
        await lane.carry_out(work, deadline(), protocol)
        lane.end()

    asyncio.run(run())
    assert followed.wait(5)
    assert order == [[ANSWER]]


def test_a_request_that_finds_no_thread_is_not_carried_out_later() -> None:
    async def run() -> tuple[Thread, Thread, object, float]:
        lane, busy, late = Lane("test", 1), Thread(), Thread()
        first = asyncio.create_task(lane.carry_out(busy, deadline(), Protocol()))
        await asyncio.sleep(0.01)
        began = time.monotonic()
        (refused,) = await asyncio.gather(lane.carry_out(late, deadline(), Protocol()), return_exceptions=True)
        waited = time.monotonic() - began
        busy.release.set()
        await first
        lane.end()
        return busy, late, refused, waited

    busy, late, refused, waited = asyncio.run(run())
    assert isinstance(refused, Unavailable)
    assert (refused.outage, busy.done, late.done) == ("deadline", 1, 0)
    assert waited > 0.15


def test_a_full_queue_refuses_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "QUEUE_SECONDS", 60)

    async def run() -> object:
        lane, busy = Lane("test", 1), Thread()
        waiting = [asyncio.create_task(lane.carry_out(busy, deadline(), Protocol())) for _ in range(3)]
        await asyncio.sleep(0.01)
        (refused,) = await asyncio.gather(lane.carry_out(busy, deadline(), Protocol()), return_exceptions=True)
        busy.release.set()
        await asyncio.gather(*waiting)
        lane.end()
        return refused

    refused = asyncio.run(run())
    assert isinstance(refused, Unavailable)
    assert refused.outage == "queue_full"


def test_a_client_that_goes_while_it_waits_gets_nothing_done() -> None:
    async def run() -> tuple[Thread, object]:
        lane, busy, late, client = Lane("test", 1), Thread(), Thread(), Protocol()
        first = asyncio.create_task(lane.carry_out(busy, deadline(), Protocol()))
        await asyncio.sleep(0.01)
        second = asyncio.create_task(lane.carry_out(late, deadline(), client))
        client.gone.set()
        (outcome,) = await asyncio.gather(second, return_exceptions=True)
        busy.release.set()
        await first
        lane.end()
        return late, outcome

    late, outcome = asyncio.run(run())
    assert isinstance(outcome, Disconnected)
    assert late.done == 0


def test_a_client_that_goes_meanwhile_is_known_to_the_thread() -> None:
    found: list[str] = []
    gone = threading.Event()

    def work() -> tuple[Answer, Callable[[], None]]:
        gone.wait(5)
        time.sleep(0.05)
        try:
            deadlines.require_live()
        except deadlines.ClientGone as error:
            found.append(error.outage)
        return ANSWER, lambda: None

    async def run() -> None:
        lane, protocol = Lane("test", 1), Protocol()
        task = asyncio.create_task(lane.carry_out(work, deadline(), protocol))
        await asyncio.sleep(0.05)
        protocol.gone.set()
        await asyncio.sleep(0.05)
        gone.set()
        await task
        lane.end()

    asyncio.run(run())
    assert found == ["client_gone"]


def test_an_answer_that_is_held_back_holds_no_thread() -> None:
    async def run() -> tuple[float, float]:
        lane, slow, slowed = Lane("test", 1), Protocol(), deadline()
        slowed.answer_delay = 0.3
        began = time.monotonic()
        held = asyncio.create_task(lane.carry_out(lambda: (ANSWER, lambda: None), slowed, slow))
        await asyncio.sleep(0.01)
        await lane.carry_out(lambda: (ANSWER, lambda: None), deadline(), Protocol())
        other = time.monotonic() - began
        await held
        lane.end()
        return other, time.monotonic() - began

    other, held = asyncio.run(run())
    assert other < held
    assert held > 0.25


def test_requests_that_were_answered_make_room_for_others() -> None:
    """The loop is not woken for them, and looks later."""

    async def run() -> list[bytes]:
        lane, protocols, followed = Lane("test", 1), [Protocol() for _ in range(12)], threading.Semaphore(0)
        for first in range(0, 12, 3):
            three = protocols[first : first + 3]
            works = [lambda: (ANSWER, followed.release) for _ in three]
            tasks = [
                asyncio.create_task(lane.carry_out(work, deadline(), each))
                for work, each in zip(works, three, strict=True)
            ]
            await asyncio.sleep(0)
            # The loop stands still until the threads have done all three, which are as many as there is room for.
            assert all(followed.acquire(timeout=5) for _ in three)
            rest.extend(tasks)
        await asyncio.gather(*rest)
        lane.end()
        return [answer.body for each in protocols for answer in each.answers]

    rest: list[asyncio.Task[None]] = []
    assert asyncio.run(run()) == [b"done"] * 12


@pytest.mark.parametrize("is_large", [False, True])
def test_a_request_ends_soon_after_its_answer(is_large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing but the end of a large request wakes the loop in time.
    monkeypatch.setattr(lanes, "LOOK_EVERY_SECONDS", 60 if is_large else 0.01)

    async def run() -> None:
        lane = Lane("test", 1)
        async with asyncio.timeout(30):
            await lane.carry_out(lambda: (ANSWER, lambda: None), deadline(), Protocol(), is_large=is_large)
        lane.end()

    asyncio.run(run())
