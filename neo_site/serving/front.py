"""What stands between the server and Django in each worker: nothing that waits for a client holds a thread.

`/livez` is answered here, and so are all probes while the server drains. Every other request gets a thread when its
body is complete, from a queue of bounded length, with a deadline for all its work.
"""

from __future__ import annotations

import json
import logging
import time
from functools import partial
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

from rest_framework.exceptions import APIException

from neo_base.rest.errors import InternalError, Unavailable
from neo_base.rest.languages import in_english
from neo_base.rest.outages import outage_of
from neo_base.rest.problems import PROBLEM_JSON, headers_of, problem
from neo_base.rest.request_ids import HEADER, request_id_of
from neo_site import content_security
from neo_site.deadlines import Deadline
from neo_site.problems import unavailable_page
from neo_site.serving.bodies import LEFT_UNREAD, SMALL_BYTES, Bodies, Disconnected, ProtocolClosed
from neo_site.serving.environ import Answer, Application, call, environ_of
from neo_site.serving.lanes import Lane
from neo_site.serving.records import note_answer

logger = logging.getLogger(__name__)

ALIVE, STOPPING = (json.dumps({"status": status}).encode() for status in ("alive", "stopping"))
NO_STORE = "max-age=0, no-cache, no-store, must-revalidate, private"
PROBES = ("/readyz", "/writez")
SAFE = ("GET", "HEAD", "OPTIONS")
# The complete bodies of the requests that wait or are carried out, in one worker.
MOST_BODY_BYTES = 64 * 2**20
# Before SQLite's lock: a writer waits for its turn; what a reader writes along, such as its count, is not worth it.
WRITER_LOCK_SECONDS, READER_LOCK_SECONDS = 2.5, 0.25


class Front:
    """The application that the server calls (RSGI)."""

    def __init__(
        self, application: Application, *, threads: int, seconds: float, own_lane_for_writers: bool, base_path: str = ""
    ) -> None:
        """Take `own_lane_for_writers` where one lock makes all writers wait, as SQLite's does.

        `base_path` may stand before the path of a probe, as in `neo_site/base_path.py`.
        """
        self._application, self._seconds, self._base_path = application, seconds, base_path
        self._bodies = Bodies()
        self._probes, self._work = Lane("probe", 1), Lane("work", threads)
        self._writes = Lane("write", threads) if own_lane_for_writers else self._work
        self._body_bytes = 0
        self.open_requests = 0
        self.is_draining = False
        """Whether it goes on only until balancers have noticed that it stops: probes fail, and connections end."""

    async def __call__(self, scope: Any, protocol: Any) -> None:
        """Answer one request. Raises nothing: the server would print it, with its message."""
        self.open_requests += 1
        try:
            await self._answer(scope, protocol)
        except (Disconnected, ProtocolClosed):
            logger.info("request.abandoned")
        except Exception as error:
            logger.error("gateway.failed", exc_info=error)
            _refusal(scope, InternalError(), time.perf_counter()).send(protocol)
        finally:
            self.open_requests -= 1

    async def _answer(self, scope: Any, protocol: Any) -> None:
        began, path = time.perf_counter(), scope.path.removeprefix(self._base_path)
        client = _Last(protocol) if self.is_draining else protocol
        try:
            body = await self._bodies.read(scope, protocol, takes_none=path == "/livez" or path in PROBES)
            if path == "/livez" or (self.is_draining and path in PROBES):
                _probed(scope, path, began, is_stopping=self.is_draining).send(client)
                return
            if self._body_bytes + len(body) > MOST_BODY_BYTES:
                raise Unavailable(reason="queue_full")
            deadline = Deadline(seconds=self._seconds, lock_seconds=_lock_seconds(scope.method))
            work = partial(call, self._application, environ_of(scope, body))
            self._body_bytes += len(body)
            try:
                lane, is_large = self._lane_of(path, scope.method), len(body) > SMALL_BYTES
                await lane.carry_out(work, deadline, client, is_large=is_large)
            finally:
                self._body_bytes -= len(body)
        except APIException as error:
            is_page = isinstance(error, Unavailable) and not path.startswith(("/api/", *PROBES))
            _refusal(scope, error, began, is_page=is_page).send(client)

    def _lane_of(self, path: str, method: str) -> Lane:
        if path in PROBES:
            return self._probes
        return self._work if method in SAFE else self._writes


def _lock_seconds(method: str) -> float:
    return READER_LOCK_SECONDS if method in SAFE else WRITER_LOCK_SECONDS


class _Last:
    """The server's side of the last request of its connection."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self.client_disconnect = protocol.client_disconnect

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self._protocol.response_bytes(status, [*headers, ("Connection", "close")], body)


def _probed(scope: Any, path: str, began: float, *, is_stopping: bool) -> Answer:
    headers = [("Content-Type", "application/json"), ("Cache-Control", NO_STORE), ("X-Content-Type-Options", "nosniff")]
    if scope.method not in ("GET", "HEAD"):
        answer = Answer(405, [("Allow", "GET, HEAD"), *headers], b"")
    elif is_stopping:
        answer = Answer(503, [("Retry-After", "1"), *headers], STOPPING)
    else:
        answer = Answer(200, headers, ALIVE)
    reason = "stopping" if answer.status == HTTPStatus.SERVICE_UNAVAILABLE else None
    note_answer(method=scope.method, route=path[1:], status=answer.status, began=began, reason=reason)
    return answer


@in_english
def _refusal(scope: Any, error: APIException, began: float, *, is_page: bool = False) -> Answer:
    """Return the problem document, or the page, for a request that Django never sees.

    Where a part of its body was left unread, the connection ends.
    """
    request: Any = SimpleNamespace()
    is_unavailable = error.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    request_id, reason = request_id_of(request), outage_of(error) if is_unavailable else None
    note_answer(
        method=scope.method,
        route="none",
        status=error.status_code,
        began=began,
        request_id=request_id,
        reason=reason,
    )
    content_type, body = PROBLEM_JSON, json.dumps(problem(error, request))
    if is_page:
        content_type, body = "text/html; charset=utf-8", unavailable_page(error)
    headers = [("Content-Type", content_type), ("Cache-Control", "no-store"), (HEADER, request_id)]
    headers += [(content_security.HEADER, content_security.policy())] if is_page else []
    headers += [*headers_of(error).items(), *([("Connection", "close")] if isinstance(error, LEFT_UNREAD) else [])]
    return Answer(error.status_code, headers, body.encode())
