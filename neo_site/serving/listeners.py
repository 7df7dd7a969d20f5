"""The listening sockets of the workers: one for each at an address and a port, and one for all at a Unix socket.

Of workers that share a socket, the first one to wake takes all connections of a burst. Clients and proxies keep theirs,
so that one processor would work and the others idle. With a socket for each, the kernel spreads the connections. The
supervisor holds all of them, so that connections wait while the only worker is replaced.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

# Connections that wait until a worker takes them.
BACKLOG = 1_024

Bind = Callable[[], socket.socket]


class Listeners:
    """The sockets of workers with the numbers from 1 on, which all listen at first."""

    def __init__(self, bind: Bind, *, workers: int, is_shared: bool) -> None:
        """Take `bind`, which returns a socket at the address; it can be called again unless all share one."""
        self._bind, self._is_shared = bind, is_shared
        self._sockets = [bind()] * workers if is_shared else [bind() for _ in range(workers)]
        for number in range(1, workers + 1):
            self.listen(number)

    def of(self, number: int) -> socket.socket:
        """Return the socket of this worker."""
        return self._sockets[number - 1]

    def listen(self, number: int) -> None:
        """Let connections wait for this worker from now on."""
        self.of(number).listen(BACKLOG)

    def renew(self, number: int) -> None:
        """Let no connection wait for this worker: the others get them all until it listens again."""
        if not self._is_shared:
            self.of(number).close()
            self._sockets[number - 1] = self._bind()

    def keep_only(self, number: int) -> socket.socket:
        """Close the sockets of the other workers, in the process of this one; return its own."""
        own = self.of(number)
        for each in self._sockets:
            if each is not own:
                each.close()
        return own

    def close(self) -> None:
        """Close all of them."""
        for each in self._sockets:
            each.close()
