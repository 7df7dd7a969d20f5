"""Connections are spread over the workers, and none waits for a worker that is not there while others are."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from neo_site.configuration.server import Server
from neo_site.serve import _listen
from neo_site.serving.listeners import Listeners

pytestmark = pytest.mark.once

CONNECTIONS = 64


@pytest.fixture
def port() -> int:
    """A port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


@pytest.fixture
def listeners(port: int) -> Iterator[Listeners]:
    found = _listen(server(port))
    yield found
    found.close()


def server(port: int, workers: int = 2) -> Server:
    return Server(
        "127.0.0.1", port, None, workers=workers, threads=1, request_seconds=1, drain_seconds=0, stop_seconds=1
    )


def waiting(listeners: Listeners, port: int) -> list[int]:
    """Connect many times; return how many connections wait for each of two workers."""
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
        return [sum(1 for _ in accepted(listeners.of(number))) for number in (1, 2)]


def accepted(listener: socket.socket) -> Iterator[None]:
    while True:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return
        connection.close()
        yield


def test_each_worker_gets_connections_of_its_own(listeners: Listeners, port: int) -> None:
    first, second = waiting(listeners, port)
    assert min(first, second) > 0
    assert first + second == CONNECTIONS


def test_nothing_waits_for_a_worker_that_is_replaced(listeners: Listeners, port: int) -> None:
    listeners.renew(1)
    assert _connections_of_second(listeners, port) == CONNECTIONS
    listeners.listen(1)
    assert min(waiting(listeners, port)) > 0


def _connections_of_second(listeners: Listeners, port: int) -> int:
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
        return sum(1 for _ in accepted(listeners.of(2)))


@pytest.mark.parametrize("workers", [1, 2])
def test_no_second_server_joins_the_first(listeners: Listeners, port: int, workers: int) -> None:
    with pytest.raises(SystemExit):
        _listen(server(port, workers))


def test_a_worker_keeps_its_own_socket_alone(listeners: Listeners) -> None:
    own = listeners.keep_only(2)
    assert (own.fileno() >= 0, listeners.of(1).fileno()) == (True, -1)


def test_workers_at_a_unix_socket_share_it() -> None:
    made: list[socket.socket] = []

    def bind() -> socket.socket:
        made.append(socket.socket(socket.AF_UNIX))
        made[-1].bind("")
        return made[-1]

    shared = Listeners(bind, workers=3, is_shared=True)
    shared.renew(2)
    assert [shared.of(number) for number in (1, 2, 3)] == made * 3
    assert shared.keep_only(1).fileno() >= 0
    shared.close()
