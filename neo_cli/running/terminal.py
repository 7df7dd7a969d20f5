"""Our terminal, and the pseudoterminal that the command gets in its place."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import threading
import time
import tty
from collections.abc import Callable
from contextlib import suppress

from neo_cli.running.pumps import write_all

MAX_KEYS = 1024
# How often a `neo` in the background checks whether it is in the foreground again.
BACKGROUND_SECONDS = 0.1


class Terminal:
    """A pseudoterminal for the command, with the size and settings of the terminal at our `descriptor`.

    With a keyboard, our terminal is raw meanwhile: every key goes to the command's terminal, which turns ^C and ^Z into
    signals.
    """

    def __init__(self, descriptor: int, *, has_keyboard: bool) -> None:
        self.has_keyboard = has_keyboard
        self._ours = descriptor
        self._before = termios.tcgetattr(descriptor)
        self.master, self.slave = pty.openpty()
        settings = termios.tcgetattr(descriptor)
        if not has_keyboard:
            # Our terminal is not raw then and adds a carriage return to each line, so the command's must not.
            settings[1] &= ~termios.OPOST
        termios.tcsetattr(self.slave, termios.TCSANOW, settings)
        self.resize()

    def resize(self) -> None:
        """Copy the size of our terminal; the kernel then notifies the command."""
        with suppress(OSError):
            size = fcntl.ioctl(self._ours, termios.TIOCGWINSZ, bytes(struct.calcsize("HHHH")))
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def enter(self) -> None:
        """Make our terminal raw, unless we are in the background, where it belongs to another program."""
        if self.has_keyboard and self.is_in_foreground():
            with suppress(termios.error):
                tty.setraw(self._ours, termios.TCSADRAIN)

    def leave(self) -> None:
        """Restore our terminal, unless we are in the background."""
        if self.has_keyboard and self.is_in_foreground():
            with suppress(termios.error):
                termios.tcsetattr(self._ours, termios.TCSADRAIN, self._before)

    def is_in_foreground(self) -> bool:
        try:
            return os.tcgetpgrp(self._ours) == os.getpgrp()
        except OSError:
            # It is not our controlling terminal, so there is no job control on it.
            return True

    def suspends(self, keys: bytes, leader: int) -> bool:
        """Return whether `keys` include the suspend key, and the command (process `leader`) leaves it to the terminal.

        A full-screen program or a shell handles the key itself.
        """
        settings = termios.tcgetattr(self.master)
        key: bytes = settings[6][termios.VSUSP]
        is_key = bool(settings[3] & termios.ISIG) and key != b"\x00" and key in keys
        return is_key and self._foreground() == leader and not _ignores_suspension(leader)

    def _foreground(self) -> int:
        try:
            return os.tcgetpgrp(self.master)
        except OSError:
            return 0


class Keyboard(threading.Thread):
    """A thread that passes keys to the command's terminal until `ended` is readable."""

    def __init__(self, terminal: Terminal, keys: int, ended: int, leader: int, suspend: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._terminal, self._keys, self._ended = terminal, keys, ended
        self._leader, self._suspend = leader, suspend

    def run(self) -> None:
        with suppress(OSError, termios.error):
            while self._ended not in select.select([self._keys, self._ended], [], [])[0]:
                if not self._terminal.is_in_foreground():
                    time.sleep(BACKGROUND_SECONDS)
                elif not (pressed := os.read(self._keys, MAX_KEYS)):
                    return
                elif self._terminal.suspends(pressed, self._leader):
                    self._suspend()
                else:
                    write_all(self._terminal.master, pressed)


def _ignores_suspension(process: int) -> bool:
    """Return whether the process ignores the signal of ^Z, as a shell does at its prompt; False outside Linux."""
    with suppress(OSError, ValueError):
        for line in open(f"/proc/{process}/status", encoding="ascii"):  # noqa: SIM115
            if line.startswith("SigIgn:"):
                return bool(int(line.split()[1], 16) >> (signal.SIGTSTP - 1) & 1)
    return False
