"""A cheap HTTP client: one process, many kept connections, one request at a time on each."""

from __future__ import annotations

import json
import re
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


@dataclass
class Sent:
    """The outcome of the requests of one round."""

    seconds: float = 0.0
    failed: int = 0
    times: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds


@dataclass
class Connection:
    socket: socket.socket
    began: float = 0.0
    answer: bytes = b""

    @classmethod
    def to(cls, port: int) -> Self:
        opened = socket.create_connection(("127.0.0.1", port), timeout=10)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(opened)

    def send(self, request: bytes) -> None:
        self.began, self.answer = time.perf_counter(), b""
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Read the next part of the answer; return whether the answer is complete."""
        part = self.socket.recv(2**18)
        if not part:
            raise ConnectionError("The server closed a connection.")
        self.answer += part
        head, found, body = self.answer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        return bool(found) and (self.status == 204 or (length is not None and len(body) >= int(length[1])))

    @property
    def status(self) -> int:
        return int(self.answer[9:12])


def request(method: str, path: str, token: str, body: object = None) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def ask(port: int, make: Callable[[], bytes], *, connections: int, seconds: float) -> Sent:
    """Send requests from `make` for `seconds`; each connection sends the next one when it has its answer."""
    sent = Sent()
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            connection = Connection.to(port)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(make())
        began, open_connections = time.perf_counter(), connections
        while open_connections:
            for key, _ in selector.select():
                connection = key.data
                if not connection.receive():
                    continue
                now = time.perf_counter()
                sent.times.append(now - connection.began)
                sent.failed += connection.status // 100 != 2
                if now - began < seconds:
                    connection.send(make())
                else:
                    selector.unregister(connection.socket)
                    connection.socket.close()
                    open_connections -= 1
        sent.seconds = time.perf_counter() - began
    return sent
