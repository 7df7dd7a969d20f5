"""Workers whose server has ended; tests/live/test_serve.py has a real server."""

from __future__ import annotations

import subprocess
import sys

import pytest

SERVER = """
import multiprocessing, os, signal, time
from neo_site.startup import end_with_parent

def work(server):
    while os.getppid() == server:
        time.sleep(0.01)
    end_with_parent()
    print("still here", flush=True)

if __name__ == "__main__":
    multiprocessing.get_context("fork").Process(target=work, args=(os.getpid(),)).start()
    print("started", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells of a parent that is gone.")
def test_a_worker_ends_if_its_server_ended_during_its_start() -> None:
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as server:
        # Ends when the last process that holds the pipe does.
        output, _ = server.communicate(timeout=300)
    assert output == "started\n"
