"""Threads that carry out requests, and the bounded queues in front of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
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
LOOK_EVERY_SECONDS = 0.1
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
        # In the order in which they came.
        self._requests: dict[_Waiting, None] = {}
        # Threads add to it, which is one atomic step.
        self._answered: deque[_Waiting] = deque()
        self._is_looking = False

    def end(self) -> None:
        """Let the threads end with what they are doing."""
        self._pool.shutdown(wait=False)

    async def carry_out(self, work: Work, deadline: Deadline, protocol: Any, *, is_large: bool = False) -> None:
        """Run `work` in a thread and send its answer. Of a large request, note at once that it is over.

        Raises Unavailable when the queue is full, or no thread has been free for QUEUE_SECONDS: then `work` is not
        run. Nor is it when the client goes while it waits; that raises Disconnected.
        """
        self._note_answered()
        if len(self._requests) >= MOST_REQUESTS:
            raise Unavailable(reason="queue_full")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(loop.create_future(), deadline, protocol)

        def settle(outcome: Answer | BaseException | None) -> None:
            if outcome is None and not is_large:
                # To wake the loop for each request takes a third of what serving it costs.
                self._answered.append(waiting)
            else:
                loop.call_soon_threadsafe(waiting.settle, outcome)

        waiting.job = self._pool.submit(_run, work, deadline, protocol, settle)
        self._requests[waiting] = None
        self._look_later(loop)
        try:
            held_back = await waiting.done
        finally:
            self._requests.pop(waiting, None)
            waiting.end()
        if held_back is not None:
            await asyncio.sleep(deadline.answer_delay)
            held_back.send(protocol)

    def _note_answered(self) -> None:
        """Let the requests end whose answers threads have sent since this was called last."""
        while self._answered:
            waiting = self._answered.popleft()
            self._requests.pop(waiting, None)
            waiting.settle(None)

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._requests and not self._is_looking:
            self._is_looking = True
            loop.call_later(LOOK_EVERY_SECONDS, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look after the requests that have been here for a while: one timer for all costs less than two for each."""
        self._is_looking = False
        self._note_answered()
        now = time.monotonic()
        for waiting in self._requests:
            if now - waiting.since < LOOK_EVERY_SECONDS:
                break
            waiting.look_after(now)
        self._look_later(loop)


class _Waiting:
    """A request that waits for its answer: its time in the queue is limited, and its client is watched."""

    job: Future[None]

    def __init__(self, done: Outcome, deadline: Deadline, protocol: Any) -> None:
        self.done, self._deadline, self._protocol = done, deadline, protocol
        self.since = time.monotonic()
        self._watch: asyncio.Task[None] | None = None

    def settle(self, outcome: Answer | BaseException | None) -> None:
        """End the waiting with what came of the work."""
        if self.done.done():
            return
        if isinstance(outcome, BaseException):
            self.done.set_exception(outcome)
        else:
            self.done.set_result(outcome)

    def look_after(self, now: float) -> None:
        """Begin to watch the client; give up the request if it has been in the queue for too long."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._note_disconnection())
        if now - self.since >= QUEUE_SECONDS:
            self._give_up(Unavailable(reason="deadline"))

    def end(self) -> None:
        if self._watch is not None:
            self._watch.cancel()

    async def _note_disconnection(self) -> None:
        await self._protocol.client_disconnect()
        self._deadline.is_client_gone = True
        self._give_up(Disconnected())

    def _give_up(self, error: Exception) -> None:
        """Take the request out of the queue. One that is being carried out goes on; its deadline ends it."""
        if self.job.cancel():
            self.settle(error)


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
