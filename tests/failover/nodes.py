"""Two nodes of the site in the production profile, what they share, and the process that chains the audit log."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.failover.cluster import Cluster, free_port, wait_until
from tests.failover.load import READERS, TLS, WRITERS
from tests.failover.processes import send, with_children
from tests.live.site import ROOT, Site

NEW_MEMBERS = [f"newcomer{number}" for number in range(400)]
USERS = [*(f"writer{number}" for number in range(max(WRITERS, READERS))), "tasks", "owner", *NEW_MEMBERS]
DAY = "86400"


class Nodes:
    """The nodes, behind one HAProxy."""

    def __init__(self, directory: Path, cluster: Cluster, *, by_hosts: bool) -> None:
        self._keys, self._cluster = directory / "keys", cluster
        self.checkpoints = directory / "checkpoints"
        address = cluster.address_of_all if by_hosts else cluster.address
        self._database = {"DATABASE_URL": address("neo", "neo")}
        self._first = Site(self._keys, **self._database)
        settings = self._database | _production(self._keys) | {"NEO_AUDIT_CHECKPOINTS": str(self.checkpoints)}
        self.nodes = [Site(self._keys, **settings) for _ in range(2)]
        for number, node in enumerate(self.nodes):
            node.output = directory / f"node{number}.log"
        self.url = f"https://127.0.0.1:{free_port()}"
        self._chain: subprocess.Popen[bytes] | None = None
        self._directory = directory

    def start(self) -> None:
        self._first.prepare()
        self._first.add_users(*USERS)
        for node in self.nodes:
            node.start()
        ports = {f"NODE{number}": f"127.0.0.1:{node.port}" for number, node in enumerate(self.nodes, 1)}
        front = {"NEO_FRONT": self.url.removeprefix("https://"), "NEO_CERTIFICATE": self._certificate()}
        error = str(ROOT / "deploy" / "ha" / "unavailable.http")
        self._cluster.haproxy("haproxy-nodes.cfg", ports | front | {"NEO_UNAVAILABLE": error})
        wait_until(self._is_reached, "the nodes are reached")
        with (self._directory / "chain.log").open("ab") as log:
            command = [sys.executable, "manage.py", "audit", "chain", "--every", "3"]
            self._chain = subprocess.Popen(command, cwd=ROOT, env=self.nodes[0].environment, stdout=log, stderr=log)

    def _is_reached(self) -> bool:
        try:
            return httpx.get(f"{self.url}/livez", timeout=5, verify=TLS).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        for process in (self._chain, *(node.process for node in self.nodes)):
            if process is not None:
                send(signal.SIGKILL, *with_children(process.pid))
                process.wait()

    def chain_lives(self) -> bool:
        return self._chain is not None and self._chain.poll() is None

    def sign_in(self) -> dict[str, str]:
        """Return an access token for each client."""
        names = [name for name in USERS if name not in NEW_MEMBERS]
        return {
            name: self._ask("auth/token", username=name, password=self._first.password_of(name))["access"]
            for name in names
        }

    def make_project(self, token: str) -> tuple[str, list[tuple[int, str]]]:
        """Return a new project of this user, and the users to add to it by id and name."""
        project: dict[str, Any] = self._ask("projects", token, name="Failover")["project"]
        ids = self._first.manage("shell", "--no-imports", "--command", LIST_USERS).split()
        by_name = dict(each.split(":") for each in ids)
        return str(project["id"]), [(int(by_name[name]), name) for name in NEW_MEMBERS]

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin a command as an operator does, or a timer."""
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.nodes[0].environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _ask(self, path: str, token: str = "", **body: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = httpx.post(f"{self.url}/api/v1/{path}", json=body, headers=headers, timeout=30, verify=TLS)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def _certificate(self) -> str:
        """Return the file of a certificate and its key, made for this run."""
        file = self._directory / "certificate.pem"
        parts = (
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=neo",
        )
        made = subprocess.run(
            ["openssl", "req", "-x509", *parts, "-keyout", "-", "-out", "-"], capture_output=True, check=True
        )
        file.touch(0o600)
        file.write_bytes(made.stdout)
        return str(file)


LIST_USERS = """
from django.contrib.auth import get_user_model
print(*(f"{name}:{pk}" for pk, name in get_user_model().objects.values_list("pk", "username")))
"""


def _production(keys: Path) -> dict[str, str]:
    return {
        "NEO_PROFILE": "production",
        "NEO_SECRET_KEY_FILE": str(keys / "django.key"),
        "NEO_SIGNING_KEY_FILE": str(keys / "signing.key"),
        "NEO_MASTER_KEYS_FILE": str(keys / "master.keys"),
        "NEO_ALLOWED_HOSTS": "127.0.0.1",
        "NEO_TRUSTED_PROXIES": "127.0.0.1",
        "NEO_PROXY_TLS_HEADER": "X-Forwarded-Proto",
        "NEO_ACCESS_TOKEN_SECONDS": DAY,
        "NEO_THREADS": "4",
        "NEO_DRAIN_SECONDS": "4",
    }


def kill(node: Site) -> None:
    """Kill the server and its workers at once."""
    assert node.process is not None
    send(signal.SIGKILL, *with_children(node.process.pid))
    node.process.wait()


def stop(node: Site) -> None:
    """Stop the server as an upgrade does."""
    assert node.process is not None
    os.kill(node.process.pid, signal.SIGTERM)
    assert node.process.wait(60) == 0
