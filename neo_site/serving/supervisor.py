"""The supervisor: starts the workers, replaces those that die, and ends them.

It holds the listening sockets, so that connections wait there while the only worker is replaced, and the write end of
the pipe at which workers notice that it is gone. It has one thread, so that it can fork.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from neo_site.serving.listeners import Listeners

# Named, because logs name it.
logger = logging.getLogger("neo_site.serve")

FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.1, 30.0
# A worker that lived for this long was well: its earlier deaths are forgotten.
WELL_AFTER_SECONDS = 60.0
# So many starts in a row that came to nothing, while no worker serves, end the server.
MOST_FAILED_STARTS = 5
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

Work = Callable[[socket.socket, int, Callable[[], None]], None]


@dataclass
class Worker:
    """The place of one worker, with the process that fills it now."""

    number: int
    process: BaseProcess | None = None
    began_at: float = 0.0
    is_ready: bool = False
    deaths: int = 0
    """How often it has died lately."""
    due_at: float = field(default_factory=time.monotonic)
    """When it may start."""

    @property
    def delay(self) -> float:
        """Return the seconds until the next start: twice as many after each death."""
        return min(FIRST_DELAY_SECONDS * 2.0 ** (self.deaths - 1), LONGEST_DELAY_SECONDS)


class Supervisor:
    """The workers of one server, at one address."""

    def __init__(
        self,
        work: Work,
        listeners: Listeners,
        *,
        workers: int,
        stop_seconds: float,
        on_death: Callable[[], None] = lambda: None,
    ) -> None:
        self._work, self._listeners = work, listeners
        self._stop_seconds, self._on_death = stop_seconds, on_death
        self._workers = [Worker(number) for number in range(1, workers + 1)]
        self._context = multiprocessing.get_context("fork")
        self._lifeline, self._lifeline_end = os.pipe()
        self._ready, self._ready_end = os.pipe()
        self._wakeup, self._wakeup_end = os.pipe()
        for end in (self._ready, self._wakeup, self._wakeup_end):
            os.set_blocking(end, False)
        self._is_stopping = False
        self._failed_starts = 0

    def run(self) -> int:
        """Keep the workers running until a signal; return the exit status: 1 if no worker can be started."""
        with self._signals():
            while not self._is_stopping and self._failed_starts < MOST_FAILED_STARTS:
                self._start_due()
                self._wait()
                self._note_ready()
                self._reap()
            if not self._is_stopping:
                logger.critical("server.failed starts=%d", self._failed_starts)
            self._stop()
        return 0 if self._is_stopping else 1

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Take the signals that end the server, within the block."""

        def stop(*_: object) -> None:
            self._is_stopping = True

        before = {number: signal.signal(number, stop) for number in SIGNALS}
        signal.set_wakeup_fd(self._wakeup_end, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _start_due(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if worker.process is None and worker.due_at <= now:
                self._start(worker)

    def _start(self, worker: Worker) -> None:
        worker.process = self._context.Process(target=self._become, args=(worker,), name=f"worker-{worker.number}")
        worker.began_at, worker.is_ready = time.monotonic(), False
        if not self._others_serve(worker):
            self._listeners.listen(worker.number)
        # A signal that came between the fork and `_become` would be swallowed by the handler of the supervisor.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            worker.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        logger.info("worker.started number=%d pid=%d", worker.number, worker.process.pid)

    def _become(self, worker: Worker) -> None:
        """Be the worker: run in the new process."""
        # First of all, so that no worker keeps this end open for the others.
        os.close(self._lifeline_end)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        # A terminal sends it to the whole group; the supervisor alone decides.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        try:
            listener = self._listeners.keep_only(worker.number)
            self._work(listener, self._lifeline, lambda: self._tell_ready(worker.number))
        except Exception as error:
            # Python would print it, with its message, which may quote a value.
            logger.critical("worker.failed number=%d", worker.number, exc_info=error)
            sys.exit(1)

    def _tell_ready(self, number: int) -> None:
        os.write(self._ready_end, b"%d\n" % number)

    def _wait(self) -> None:
        """Return when something has happened, or a worker is due."""
        processes = [worker.process.sentinel for worker in self._workers if worker.process is not None]
        due = [worker.due_at for worker in self._workers if worker.process is None]
        timeout = max(0.0, min(due) - time.monotonic()) if due else None
        if self._wakeup in wait([self._wakeup, self._ready, *processes], timeout):
            os.read(self._wakeup, 4_096)

    def _note_ready(self) -> None:
        try:
            numbers = os.read(self._ready, 65_536).split()
        except BlockingIOError:
            return
        for number in numbers:
            self._workers[int(number) - 1].is_ready = True
            self._failed_starts = 0

    def _reap(self) -> None:
        for worker in self._workers:
            if worker.process is not None and worker.process.exitcode is not None:
                self._bury(worker, worker.process)

    def _bury(self, worker: Worker, process: BaseProcess) -> None:
        """Note the death of a worker and say when it is replaced."""
        now = time.monotonic()
        worker.deaths = 1 if now - worker.began_at > WELL_AFTER_SECONDS else worker.deaths + 1
        serves = self._others_serve(worker)
        if serves:
            self._listeners.renew(worker.number)
        self._failed_starts = 0 if serves else self._failed_starts + (not worker.is_ready)
        # The last one that serves is replaced at once; one that cannot even start waits in any case.
        delay = worker.delay if serves or not worker.is_ready else 0.0
        logger.error(
            "worker.died number=%d pid=%d exit=%d next_seconds=%.1f",
            worker.number,
            process.pid,
            process.exitcode,
            delay,
        )
        self._on_death()
        process.close()
        worker.process, worker.is_ready, worker.due_at = None, False, now + delay

    def _others_serve(self, worker: Worker) -> bool:
        return any(other.is_ready for other in self._workers if other is not worker)

    def _stop(self) -> None:
        """End the workers: let them finish for `stop_seconds`, then kill those that are left."""
        self._listeners.close()
        left = [worker.process for worker in self._workers if worker.process is not None]
        for process in left:
            process.terminate()
        until = time.monotonic() + self._stop_seconds
        while left and (seconds := until - time.monotonic()) > 0:
            wait([process.sentinel for process in left], seconds)
            left = [process for process in left if process.is_alive()]
        for process in left:
            logger.warning("worker.killed pid=%d", process.pid)
            process.kill()
            process.join()
