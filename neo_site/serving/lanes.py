"""Threads that carry out requests, and the bounded queues in front of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from neo_base.rest.errors import Unavailable
from neo_site import deadlines
from neo_site.deadlines import Deadline
from neo_site.serving.bodies import Disconnected
from neo_site.serving.environ import Answer

logger = logging.getLogger(__name__)

# How long a request may wait for a thread. A client that waits longer has often given up.
QUEUE_SECONDS = 2.5
# Most requests are answered before it is worth a look whether the client is still there.
WATCH_AFTER_SECONDS = 0.1
# The requests in one lane that wait or are carried out; their bodies are in memory.
MOST_REQUESTS = 256
# What follows an answer, such as recording a refused attempt, must not hold the thread for long.
AFTERWARDS_SECONDS, AFTERWARDS_LOCK_SECONDS = 5.0, 0.25

Work = Callable[[], tuple[Answer, Callable[[], None]]]
Outcome = asyncio.Future[Answer | None]
"""The end of a request's work, with an answer that is to be held back."""


class Lane:
    """Some threads and their queue. Used from the thread of the event loop alone."""

    def __init__(self, name: str, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._requests = 0

    def end(self) -> None:
        """Let the threads end with what they are doing."""
        self._pool.shutdown(wait=False)

    async def carry_out(self, work: Work, deadline: Deadline, protocol: Any) -> None:
        """Run `work` in a thread and send its answer.

        Raises Unavailable when the queue is full, or no thread has been free for QUEUE_SECONDS: then `work` is not
        run. Nor is it when the client goes while it waits; that raises Disconnected.
        """
        if self._requests >= MOST_REQUESTS:
            raise Unavailable(reason="queue_full")
        loop = asyncio.get_running_loop()
        done: Outcome = loop.create_future()

        def settle(outcome: Answer | BaseException | None) -> None:
            loop.call_soon_threadsafe(_settle, done, outcome)

        job = self._pool.submit(_run, work, deadline, protocol, settle)
        waiting = _Waiting(job, done, deadline, protocol)
        self._requests += 1
        try:
            held_back = await done
        finally:
            self._requests -= 1
            waiting.end()
        if held_back is not None:
            await asyncio.sleep(deadline.answer_delay)
            held_back.send(protocol)


class _Waiting:
    """A request that waits for its answer: its time in the queue is limited, and its client is watched."""

    def __init__(
        self, job: Future[None], done: asyncio.Future[Answer | None], deadline: Deadline, protocol: Any
    ) -> None:
        self._job, self._done, self._deadline, self._protocol = job, done, deadline, protocol
        loop = asyncio.get_running_loop()
        self._timers = [
            loop.call_later(QUEUE_SECONDS, self._give_up, Unavailable(reason="deadline")),
            loop.call_later(WATCH_AFTER_SECONDS, self._begin_to_watch),
        ]
        self._watch: asyncio.Task[None] | None = None

    def end(self) -> None:
        for timer in self._timers:
            timer.cancel()
        if self._watch is not None:
            self._watch.cancel()

    def _begin_to_watch(self) -> None:
        self._watch = asyncio.create_task(self._note_disconnection())

    async def _note_disconnection(self) -> None:
        await self._protocol.client_disconnect()
        self._deadline.is_client_gone = True
        self._give_up(Disconnected())

    def _give_up(self, error: Exception) -> None:
        """Take the request out of the queue. One that is being carried out goes on; its deadline ends it."""
        if self._job.cancel() and not self._done.done():
            self._done.set_exception(error)


def _run(work: Work, deadline: Deadline, protocol: Any, settle: Callable[[Answer | BaseException | None], Any]) -> None:
    """Carry out one request, in a thread: send its answer, then do what follows an answer.

    The answer is sent from here, because the event loop may have to wait for the interpreter. One that is to be held
    back goes to the loop.
    """
    with deadlines.working_until(deadline):
        try:
            answer, close = work()
            if not deadline.answer_delay:
                answer.send(protocol)
        except BaseException as error:  # noqa: BLE001  (it is raised where the answer is awaited)
            settle(error)
            return
    settle(answer if deadline.answer_delay else None)
    with deadlines.working_until(Deadline(seconds=AFTERWARDS_SECONDS, lock_seconds=AFTERWARDS_LOCK_SECONDS)):
        try:
            close()
        except Exception as error:
            logger.error("gateway.failed", exc_info=error)


def _settle(done: Outcome, outcome: Answer | BaseException | None) -> None:
    if done.done():
        return
    if isinstance(outcome, BaseException):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
