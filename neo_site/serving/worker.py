"""One worker process: Django behind granian's server, on the listening socket that it is given."""

from __future__ import annotations

import asyncio
import copy
import gc
import logging
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server as EmbeddedServer

from neo_site.configuration import databases
from neo_site.serving.front import Front
from neo_site.serving.listeners import BACKLOG

# The connections of one worker. Those that are idle or stalled count as well.
MOST_CONNECTIONS = 4_096
# Files and connections to others that a worker needs besides.
OTHER_FILES = 256
# What a worker whose parent was killed may take to finish: nobody is there to end it.
ORPHAN_SECONDS = 3.0


class GivenSocketServer(EmbeddedServer):
    """granian's embedded server on a socket that is listening already, instead of one of its own."""

    def __init__(self, application: Any, listener: socket.socket) -> None:
        super().__init__(
            application,
            interface=Interfaces.RSGI,
            websockets=False,
            http=HTTPModes.http1,
            backlog=BACKLOG,
            backpressure=_most_connections(),
            # Its access log stays off, because it would hold paths as clients send them.
            log_dictconfig=copy.deepcopy(settings.LOGGING),
        )
        self._listener = listener

    def _init_shared_socket(self) -> None:
        is_unix = self._listener.family == socket.AF_UNIX
        # The package's types know neither these arguments nor that this may be set.
        holder: Any = SocketHolder(self._listener.detach(), is_unix, BACKLOG)  # type: ignore[call-arg]
        self._ssp, self._shd, self._sfd = None, holder, holder.get_fd()

    @property
    def _bind_addr_fmt(self) -> str:
        return str(settings.NEO_SERVER)


def _most_connections() -> int:
    """Return how many connections the limit on open files leaves room for, and raise that limit as far as needed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    files = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, files), hard))
    return max(files - OTHER_FILES, 1)


def work(listener: socket.socket, lifeline: int, tell_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM, SIGINT, which drains nothing, or until the supervisor is gone.

    `lifeline` is the read end of a pipe whose write end the supervisor alone holds, so that the kernel closes it
    however that process ends. `tell_ready` is called when requests are accepted.
    """
    threading.Thread(target=_end_with, args=(lifeline,), name="lifeline", daemon=True).start()
    _require_current_directory()
    # Imported here, in the process that serves: it reads the master keys and may begin to trace.
    from neo_site.wsgi import application

    # What is loaded now stays. Looking through it for garbage, again and again, makes single requests wait for 50 ms.
    gc.collect()
    gc.freeze()
    logging.getLogger("_granian").addFilter(_is_worth_saying)
    asyncio.run(_serve(application, listener, tell_ready))


def _require_current_directory() -> None:
    """Go to / if the current directory was removed, as by the next release: granian asks for its name."""
    try:
        Path.cwd()
    except FileNotFoundError:
        os.chdir("/")


def _end_with(lifeline: int) -> None:
    """Wait for the end of the supervisor, then end as on SIGINT, or at once if that takes too long."""
    os.read(lifeline, 1)
    logging.getLogger(__name__).warning("worker.orphaned")
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(ORPHAN_SECONDS)
    os._exit(1)


async def _serve(application: Any, listener: socket.socket, tell_ready: Callable[[], None]) -> None:
    front = Front(
        application,
        threads=settings.NEO_SERVER.threads,
        seconds=settings.NEO_SERVER.request_seconds,
        own_lane_for_writers=settings.DATABASES["default"]["ENGINE"] == databases.SQLITE,
        base_path=settings.FORCE_SCRIPT_NAME or "",
    )
    server = GivenSocketServer(front, listener)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, _drain, front, server, loop)
    loop.add_signal_handler(signal.SIGINT, server.stop)
    server.on_startup(tell_ready)
    # It does already, unless others serve in the meantime.
    listener.listen(BACKLOG)
    await server.serve()
    while front.open_requests:
        await asyncio.sleep(0.02)


def _drain(front: Front, server: GivenSocketServer, loop: asyncio.AbstractEventLoop) -> None:
    """Stop the server, after the time in which balancers notice that it is about to.

    SIGTERM comes twice where the whole group gets it, and the supervisor sends it, too.
    """
    if not front.is_draining:
        front.is_draining = True
        loop.call_later(settings.NEO_SERVER.drain_seconds, server.stop)


def _is_worth_saying(record: logging.LogRecord) -> bool:
    """Return whether a line of granian's goes to the log. That its embedded server is experimental is known, and tested
    by `tests/live`."""
    return "experimental" not in str(record.msg)
