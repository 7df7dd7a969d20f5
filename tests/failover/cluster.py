"""Three members of PostgreSQL under Patroni with one etcd, and HAProxy before them, by the files of deploy/ha."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from socket import socket
from typing import Any

import httpx
import psycopg

from tests.failover.processes import named, send, with_children
from tests.failover.programs import Programs
from tests.live.site import ROOT, reserve_port

HA = ROOT / "deploy" / "ha"
NAMES = ("db1", "db2", "db3")
START_SECONDS = 120.0
PASSWORD = secrets.token_hex(16)


def free_port() -> int:
    # Not given back before the end: the socket lives as long as this process.
    _reserved.append(reserve_port())
    return _reserved[-1][1]


_reserved: list[tuple[socket, int]] = []


def wait_until(holds: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> float:
    """Wait until something holds; return how long it took. Raises TimeoutError."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise TimeoutError(what)
        time.sleep(0.1)
    return time.monotonic() - began


class Member:
    """One PostgreSQL with its Patroni."""

    def __init__(self, name: str, directory: Path, etcd: int, programs: Programs) -> None:
        self.name, self.port, self.rest = name, free_port(), free_port()
        self.data = directory / name / "data"
        self._log, self._programs, self._directory = directory / f"{name}.log", programs, directory / name
        self._directory.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self._directory, programs.user, programs.user)
        self._environment = {
            "PATH": os.environ["PATH"],
            "PATRONI_NAME": name,
            "PATRONI_ETCD3_HOSTS": f"127.0.0.1:{etcd}",
            "PATRONI_POSTGRESQL_LISTEN": f"127.0.0.1:{self.port}",
            "PATRONI_POSTGRESQL_CONNECT_ADDRESS": f"127.0.0.1:{self.port}",
            "PATRONI_POSTGRESQL_DATA_DIR": str(self.data),
            "PATRONI_POSTGRESQL_BIN_DIR": str(programs.postgresql),
            "PATRONI_POSTGRESQL_PGPASS": str(self._directory / "pgpass"),
            "PATRONI_RESTAPI_LISTEN": f"127.0.0.1:{self.rest}",
            "PATRONI_RESTAPI_CONNECT_ADDRESS": f"127.0.0.1:{self.rest}",
            "PATRONI_RESTAPI_USERNAME": "patroni",
            "PATRONI_RESTAPI_PASSWORD": PASSWORD,
        }
        for role, user in (("SUPERUSER", "postgres"), ("REPLICATION", "replicator"), ("REWIND", "rewind")):
            self._environment |= {f"PATRONI_{role}_USERNAME": user, f"PATRONI_{role}_PASSWORD": PASSWORD}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start Patroni, which starts PostgreSQL."""
        user = self._programs.user
        who: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if os.geteuid() == 0 else {}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs.patroni, str(HA / "patroni.yml")],
                env=self._environment,
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **who,
            )

    @property
    def patroni(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def pids(self) -> list[int]:
        """Return all processes of the member: Patroni, the postmaster and its children."""
        running = [self.postmaster] if (self.data / "postmaster.pid").exists() else []
        return with_children(self.patroni, *running)

    def wal_receivers(self) -> list[int]:
        return named(self.pids(), "walreceiver")

    def kill(self) -> None:
        send(signal.SIGKILL, *self.pids())
        assert self._process is not None
        self._process.wait()

    def is_primary(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.rest}/primary", timeout=1).status_code == 200
        except httpx.TransportError:
            return False


class Cluster:
    """The members, what they agree by, and the one address of the database."""

    def __init__(self, directory: Path, programs: Programs) -> None:
        self._directory, self._programs = directory, programs
        self._etcd, self.port = free_port(), free_port()
        self.members = [Member(name, directory, self._etcd, programs) for name in NAMES]
        self._beside: list[subprocess.Popen[bytes]] = []

    def start(self, *, is_synchronous: bool) -> None:
        peers = f"http://127.0.0.1:{free_port()}"
        clients = f"http://127.0.0.1:{self._etcd}"
        self._run(
            *(self._programs.etcd, "--name", "etcd", "--data-dir", str(self._directory / "etcd")),
            *("--listen-client-urls", clients, "--advertise-client-urls", clients, "--listen-peer-urls", peers),
            *("--initial-advertise-peer-urls", peers, "--initial-cluster", f"etcd={peers}"),
        )
        for member in self.members:
            member.start()
        ports: dict[str, str] = {"DATABASE_BIND": f"127.0.0.1:{self.port}"}
        for member in self.members:
            name = member.name.upper()
            ports |= {name: f"127.0.0.1:{member.port}", f"{name}_PATRONI_PORT": str(member.rest)}
        self.haproxy("haproxy-database.cfg", ports)
        wait_until(self.is_whole, "the cluster is whole")
        if not is_synchronous:
            self._configure(synchronous_mode=False, synchronous_mode_strict=False)
            wait_until(lambda: not self._has_role("sync_standby"), "the cluster is asynchronous")

    def haproxy(self, file: str, settings: dict[str, str]) -> None:
        self._run(self._programs.haproxy, "-db", "-f", str(HA / file), **settings)

    def _run(self, *command: str, **settings: str) -> None:
        with (self._directory / f"{Path(command[0]).name}.log").open("ab") as log:
            self._beside.append(
                subprocess.Popen(command, env=os.environ | settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            )

    def stop(self) -> None:
        """End everything; nothing of it is kept."""
        for member in self.members:
            send(signal.SIGCONT, *member.pids())
            member.kill()
        for process in self._beside:
            process.kill()
            process.wait()

    def address(self, user: str, name: str) -> str:
        return f"postgres://{user}:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def address_of_all(self, user: str, name: str) -> str:
        """Return an address that names every member, and looks for the one that takes writes."""
        hosts = ",".join(f"127.0.0.1:{member.port}" for member in self.members)
        return f"postgres://{user}:{PASSWORD}@{hosts}/{name}?target_session_attrs=read-write"

    def create_database(self) -> None:
        with psycopg.connect(self.address("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE neo LOGIN PASSWORD '{PASSWORD}'")
            connection.execute("CREATE DATABASE neo OWNER neo")

    def leader(self) -> Member:
        return self._of_role("leader")

    def synchronous_standby(self) -> Member:
        """Return the standby that commits wait for; any one where they wait for none."""
        return self._of_role("sync_standby" if self._has_role("sync_standby") else "replica")

    def is_whole(self) -> bool:
        """Return whether one member leads and the two others follow, one of them synchronously where that is on."""
        listed = self._listed()
        states = sorted(each["state"] for each in listed)
        followers = [each for each in listed if each["role"] != "leader"]
        return (
            states == ["running", "streaming", "streaming"]
            and len(followers) == 2
            and (not self._is_synchronous() or any(each["role"] == "sync_standby" for each in followers))
            and self.leader().is_primary()
        )

    def switch_over(self) -> None:
        """Let the synchronous standby take over."""
        leader, candidate = self.leader(), self.synchronous_standby()
        answer = httpx.post(
            f"http://127.0.0.1:{leader.rest}/switchover",
            json={"leader": leader.name, "candidate": candidate.name},
            auth=("patroni", PASSWORD),
            timeout=60,
        )
        assert answer.status_code == 200, answer.text

    def promoted(self, former: Member) -> bool:
        return any(member.is_primary() for member in self.members if member is not former)

    def _configure(self, **settings: Any) -> None:
        rest = f"http://127.0.0.1:{self.leader().rest}/config"
        httpx.patch(rest, json=settings, auth=("patroni", PASSWORD), timeout=10).raise_for_status()

    def _is_synchronous(self) -> bool:
        return bool(self._asked("config").get("synchronous_mode"))

    def _of_role(self, role: str) -> Member:
        name = next(each["name"] for each in self._listed() if each["role"] == role)
        return next(member for member in self.members if member.name == name)

    def _has_role(self, role: str) -> bool:
        return any(each["role"] == role for each in self._listed())

    def _listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._asked("cluster").get("members", [])
        return found

    def _asked(self, path: str) -> dict[str, Any]:
        """Return what the first member that answers says."""
        for member in self.members:
            try:
                found: dict[str, Any] = httpx.get(f"http://127.0.0.1:{member.rest}/{path}", timeout=1).json()
            except (httpx.TransportError, ValueError):
                continue
            return found
        return {}
