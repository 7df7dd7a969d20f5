"""Our terminal, and the one that the command gets in its place."""

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

KEYS = 1024
# How often one in the background looks whether it has come to the front.
BACKGROUND_SECONDS = 0.1


class Terminal:
    """A terminal for the command beside the one at our `descriptor`, of the same size and the same manners.

    With a keyboard, ours is raw meanwhile: each key goes to the command's terminal, which makes signals of ^C and ^Z.
    """

    def __init__(self, descriptor: int, *, has_keyboard: bool) -> None:
        self.has_keyboard = has_keyboard
        self._ours = descriptor
        self._before = termios.tcgetattr(descriptor)
        self.master, self.slave = pty.openpty()
        manners = termios.tcgetattr(descriptor)
        if not has_keyboard:
            # Ours still makes a carriage return of each line's end; two would be one too many.
            manners[1] &= ~termios.OPOST
        termios.tcsetattr(self.slave, termios.TCSANOW, manners)
        self.resize()

    def resize(self) -> None:
        """Take over our size; the kernel tells the command."""
        with suppress(OSError):
            size = fcntl.ioctl(self._ours, termios.TIOCGWINSZ, bytes(struct.calcsize("HHHH")))
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def enter(self) -> None:
        """Make our terminal raw, if it is ours at the moment: one in the background must leave it alone."""
        if self.has_keyboard and self.is_in_front():
            with suppress(termios.error):
                tty.setraw(self._ours, termios.TCSADRAIN)

    def leave(self) -> None:
        if self.has_keyboard and self.is_in_front():
            with suppress(termios.error):
                termios.tcsetattr(self._ours, termios.TCSADRAIN, self._before)

    def is_in_front(self) -> bool:
        try:
            return os.tcgetpgrp(self._ours) == os.getpgrp()
        except OSError:
            # Not the terminal that controls us, so nobody else takes turns with it.
            return True

    def suspends(self, keys: bytes, leader: int) -> bool:
        """Whether `keys` hold the one that suspends, and the command at `leader` leaves that to its terminal."""
        manners = termios.tcgetattr(self.master)
        key: bytes = manners[6][termios.VSUSP]
        is_key = bool(manners[3] & termios.ISIG) and key != b"\x00" and key in keys
        return is_key and self._foreground() == leader and not _ignores_suspension(leader)

    def _foreground(self) -> int:
        try:
            return os.tcgetpgrp(self.master)
        except OSError:
            return 0


class Keyboard(threading.Thread):
    """Takes the keys to the command's terminal, until `ended` is readable."""

    def __init__(self, terminal: Terminal, keys: int, ended: int, leader: int, suspend: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._terminal, self._keys, self._ended = terminal, keys, ended
        self._leader, self._suspend = leader, suspend

    def run(self) -> None:
        with suppress(OSError, termios.error):
            while self._ended not in select.select([self._keys, self._ended], [], [])[0]:
                if not self._terminal.is_in_front():
                    time.sleep(BACKGROUND_SECONDS)
                elif not (pressed := os.read(self._keys, KEYS)):
                    return
                elif self._terminal.suspends(pressed, self._leader):
                    self._suspend()
                else:
                    write_all(self._terminal.master, pressed)


def _ignores_suspension(process: int) -> bool:
    """Whether it ignores the signal of ^Z, as shells do at their prompt; Linux tells, elsewhere it is taken not to."""
    with suppress(OSError, ValueError):
        for line in open(f"/proc/{process}/status", encoding="ascii"):  # noqa: SIM115
            if line.startswith("SigIgn:"):
                return bool(int(line.split()[1], 16) >> (signal.SIGTSTP - 1) & 1)
    return False
