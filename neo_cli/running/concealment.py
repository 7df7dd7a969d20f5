"""Protection of this process from the command that it starts, which runs as the same user and can read /proc."""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_DUMPABLE = 4


def conceal_from_proc(variable: str) -> None:
    """Make our memory and our /proc entries unreadable for programs of the same user; do nothing outside Linux.

    Also overwrite the value of `variable` in the environment that we were started with, which root can still read
    there. The /proc entries of the command itself stay readable. Other systems have no such entries.
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
