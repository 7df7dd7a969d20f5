"""The server's side of a request, as `neo_site.serving` sees it, for tests without a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from neo_site.serving.environ import Answer


class Headers(dict[str, str]):
    """The headers of a request, by lower-case name."""


@dataclass
class Scope:
    method: str = "GET"
    path: str = "/"
    headers: Headers = field(default_factory=Headers)
    query_string: str = ""
    server: str = "127.0.0.1:8000"
    client: str = "192.0.2.7:50000"
    http_version: str = "1.1"


class Protocol:
    """A client that sends `parts`, then stalls unless the last of them is empty; and what it was answered."""

    def __init__(self, parts: Sequence[bytes] = (b"",)) -> None:
        self._parts = parts
        self.gone = asyncio.Event()
        self.answers: list[Answer] = []

    async def __call__(self) -> bytes:
        return b"".join([part async for part in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part
        if self._parts[-1]:
            await asyncio.Event().wait()

    async def client_disconnect(self) -> None:
        await self.gone.wait()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answers.append(Answer(status, headers, body))


def posting(length: int | None, path: str = "/") -> Scope:
    """A POST with a body of this declared length, or a chunked one."""
    framing = {"transfer-encoding": "chunked"} if length is None else {"content-length": str(length)}
    return Scope("POST", path, headers=Headers(framing))
