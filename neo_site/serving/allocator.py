"""The allocator of the C library, and what it keeps of memory that was freed."""

from __future__ import annotations

import ctypes

# The parameters of glibc's mallopt, from malloc.h.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
# Above what nearly all requests take at once, so that these need no system call; far below the hash of a password.
LARGE_BYTES = 2**20
KEPT_BYTES = 2 * 2**20


def give_back_large_pieces() -> None:
    """Let glibc give each large piece back to the system when it is freed. Another C library is left alone.

    By default glibc keeps a freed piece, up to 32 MiB, and twice as much from then on. A sign-in takes 19 MiB for the
    hash of the password, so each thread of each worker would soon hold that for good.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    set_option(M_MMAP_THRESHOLD, LARGE_BYTES)
    set_option(M_TRIM_THRESHOLD, KEPT_BYTES)
