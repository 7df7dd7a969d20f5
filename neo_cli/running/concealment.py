"""What /proc tells of this process to the command that it starts, which runs as the same user."""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_DUMPABLE = 4


def conceal(variable: str) -> None:
    """Linux: close our memory and our entries in /proc to programs of the same user, and blot `variable` out of the
    environment that we were started with, which root could still read.

    The command's own entries stay open. Other systems show neither to begin with.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.getenv.restype = ctypes.c_void_p
    address = libc.getenv(variable.encode())
    if address:
        ctypes.memset(address, 0, len(ctypes.string_at(address)))
    os.environ.pop(variable, None)
