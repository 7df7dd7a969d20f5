"""What a process keeps of the memory that it has freed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[3]
MEBIBYTE = 2**20
# Passwords are hashed in three threads at once, twice. The memory is that before and after.
SCRIPT = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from argon2.low_level import Type, hash_secret_raw
from neo_site.serving.allocator import give_back_large_pieces

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def sign_in(_):
    barrier.wait()
    hash_secret_raw(b"password", b"16 bytes of salt", 2, 19 * 1024, 1, 32, Type.ID)

barrier = Barrier(3)
give_back_large_pieces()
before = resident()
with ThreadPoolExecutor(3) as pool:
    list(pool.map(sign_in, range(6)))
    print(resident() - before)
"""


def test_hashes_of_passwords_leave_nothing_behind() -> None:
    """Without it, 38 to 57 MiB stay."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10 * MEBIBYTE
