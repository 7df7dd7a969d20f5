"""Request bodies, read to their end before a thread is used, so that a client that stalls holds none."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from granian._granian import RSGIProtocolClosed as ProtocolClosed

from neo_base.rest.errors import BodyTimeout, BodyTooLarge, UnexpectedBody

# From the first byte of the request's head to the last of its body.
BODY_SECONDS = 20.0
# The largest body that any endpoint takes, and one more byte, so that the endpoint notices a larger one.
MAX_BYTES = 8 * 2**20 + 1
# How much of a body that is too large is read and dropped, so that its client gets to read the answer.
MAX_DROPPED_BYTES = 8 * 2**20
# Bodies that are not complete yet, in one worker. Beyond either number the oldest of them is given up: whoever sends
# at an ordinary speed is done long before.
MAX_UNFINISHED = 512
MAX_UNFINISHED_BYTES = 64 * 2**20
# A body of a declared length up to this is read in one piece.
SMALL_BYTES = 2**16
WITHOUT_BODY = ("GET", "HEAD", "DELETE", "OPTIONS")


class Disconnected(Exception):
    """The client closed the connection before its request was complete; there is nobody to answer."""


class BodyCutOff(BodyTooLarge):
    """413: the body is so large that it is not read to its end."""


LEFT_UNREAD = (BodyCutOff, BodyTimeout, UnexpectedBody)
"""The refusals after which something of the body is still to come, so that the connection cannot be used again."""


class Reading:
    """One body that is being read by a task."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self.task, self.bytes, self.is_given_up = task, 0, False

    def give_up(self) -> None:
        self.is_given_up = True
        self.task.cancel()


class Bodies:
    """The bodies that one worker is reading: bounded in time, number and bytes."""

    def __init__(
        self,
        *,
        seconds: float = BODY_SECONDS,
        unfinished: int = MAX_UNFINISHED,
        unfinished_bytes: int = MAX_UNFINISHED_BYTES,
    ) -> None:
        self._seconds, self._most, self._most_bytes = seconds, unfinished, unfinished_bytes
        # In the order in which they began.
        self._readings: dict[Reading, None] = {}
        self._bytes = 0

    async def read(self, scope: Any, protocol: Any, *, takes_none: bool = False) -> bytes:
        """Return the whole body. `takes_none` says that the address has no method that takes one.

        Raises UnexpectedBody then, and for a long one where the method takes none, BodyTooLarge for one that was read
        and dropped, BodyCutOff, BodyTimeout when it is not complete in time or has to make room, and Disconnected.
        """
        headers = scope.headers
        length, is_chunked = headers.get("content-length", ""), "transfer-encoding" in headers
        if not is_chunked and length in ("", "0"):
            return b""
        declared = None if is_chunked else int(length)
        # A short one is read: whether the address takes the method at all is for the view to say first.
        if scope.method in WITHOUT_BODY and (takes_none or declared is None or declared > SMALL_BYTES):
            raise UnexpectedBody()
        if declared is not None and declared > MAX_BYTES + MAX_DROPPED_BYTES:
            raise BodyCutOff()
        reading = Reading(cast("asyncio.Task[Any]", asyncio.current_task()))
        self._readings[reading] = None
        try:
            async with asyncio.timeout(self._seconds):
                return await self._collect(reading, protocol, declared)
        except TimeoutError:
            raise BodyTimeout() from None
        except asyncio.CancelledError:
            if not reading.is_given_up:
                raise
            reading.task.uncancel()
            raise BodyTimeout() from None
        finally:
            self._bytes -= reading.bytes
            del self._readings[reading]

    async def _collect(self, reading: Reading, protocol: Any, declared: int | None) -> bytes:
        self._make_room(reading)
        if declared is not None and declared <= SMALL_BYTES:
            reading.bytes = declared
            self._bytes += declared
            return bytes(await protocol())
        parts: list[bytes] = []
        received, is_ended = 0, False
        async for part in protocol:
            if is_ended:
                # The server marks the end by an empty part. A part after it: the body broke off.
                raise Disconnected
            is_ended = not part
            received += len(part)
            if received <= MAX_BYTES:
                parts.append(part)
                reading.bytes += len(part)
                self._bytes += len(part)
                self._make_room(reading)
            elif received > MAX_BYTES + MAX_DROPPED_BYTES:
                raise BodyCutOff()
        if declared is not None and received != declared:
            raise Disconnected
        if received > MAX_BYTES:
            raise BodyTooLarge()
        return b"".join(parts)

    def _make_room(self, newest: Reading) -> None:
        """Give up the oldest bodies until those that are left are within the bounds."""
        count, total = len(self._readings), self._bytes
        for reading in list(self._readings) if count > self._most or total > self._most_bytes else ():
            if count <= self._most and total <= self._most_bytes:
                return
            count, total = count - 1, total - reading.bytes
            if not reading.is_given_up and reading is not newest:
                reading.give_up()


__all__ = ["LEFT_UNREAD", "SMALL_BYTES", "Bodies", "Disconnected", "ProtocolClosed"]
