"""A pseudoterminal for a test, with `neo` as its foreground program."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from types import TracebackType
from typing import Any, Self

from tests.neo_cli.command import COMMAND, Neo

PATIENCE_SECONDS = 180


class Terminal:
    """A terminal of 24 rows and 80 columns that runs `neo`."""

    def __init__(self, neo: Neo, *arguments: str, command: tuple[str, ...] = COMMAND, **options: Any) -> None:
        self.master, slave = pty.openpty()
        self.resize(24, 80)
        self.before = termios.tcgetattr(slave)
        self.screen = b""
        streams: dict[str, Any] = {"stdin": slave, "stdout": slave, "stderr": slave}
        environment = neo.environment(**options.pop("variables", {}))
        self.process = subprocess.Popen(
            [*command, *arguments],
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0),
            **{**streams, **options},
        )
        self.slave = slave

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def wait_for(self, text: str) -> str:
        """Wait until `text` has appeared on the screen since the previous call; return what came before it."""
        until = time.monotonic() + PATIENCE_SECONDS
        while text.encode() not in self.screen:
            assert time.monotonic() < until, self.screen
            self._read(0.1)
        before, _, self.screen = self.screen.partition(text.encode())
        return before.decode(errors="replace")

    def wait(self) -> int:
        """Wait for the end of `neo` and return its exit code; `screen` then has the rest of the output."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < until, self.screen
            self._read(0.05)
        while self._read(0.1):
            pass
        return self.process.returncode

    def is_as_before(self) -> bool:
        """Return whether the terminal has the settings that it had at the start."""
        return termios.tcgetattr(self.slave) == self.before

    def _read(self, seconds: float) -> bool:
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        self.screen += os.read(self.master, 65536)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)
