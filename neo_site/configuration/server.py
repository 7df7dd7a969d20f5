"""The address of the server, and how much it does at once."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from socket import AddressFamily

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import text, whole_number

UNIX = "unix:"
# sun_path of unix(7), without its last NUL.
MOST_PATH_BYTES = 107


@dataclass(frozen=True)
class Server:
    """An address or, where `socket` is set, a Unix socket; workers, threads of each, and seconds: for all the work of
    one request, to go on before it stops, and to stop in."""

    host: str
    port: int
    socket: Path | None
    workers: int
    threads: int
    request_seconds: int
    drain_seconds: int
    stop_seconds: int

    @property
    def family(self) -> AddressFamily:
        if self.socket:
            return AddressFamily.AF_UNIX
        return AddressFamily.AF_INET6 if ":" in self.host else AddressFamily.AF_INET

    def __str__(self) -> str:
        return f"{UNIX}{self.socket}" if self.socket else f"{self.host}:{self.port}"


def server(env: FileAwareEnv) -> Server:
    """Return the server that the variables describe, with a worker for each processor by default."""
    host, port, socket = _address(text(env, "NEO_BIND") or "127.0.0.1:8000")
    return Server(
        host=host,
        port=port,
        socket=socket,
        workers=_at_least(1, env, "NEO_WORKERS", default=len(usable_cores())),
        threads=_at_least(1, env, "NEO_THREADS", default=2),
        request_seconds=_at_least(1, env, "NEO_REQUEST_SECONDS", default=10),
        drain_seconds=_at_least(0, env, "NEO_DRAIN_SECONDS", default=0),
        stop_seconds=_at_least(1, env, "NEO_STOP_SECONDS", default=15),
    )


def usable_cores() -> list[int]:
    """Return the cores that this process may use: all of them where the system does not tell, as on macOS."""
    if not hasattr(os, "sched_getaffinity"):
        return list(range(os.cpu_count() or 1))
    return sorted(os.sched_getaffinity(0))


def static_root(env: FileAwareEnv) -> Path | None:
    """Return the directory of collected static files, or None where there is none."""
    given = text(env, "NEO_STATIC_ROOT")
    if given and not Path(given).is_absolute():
        raise ImproperlyConfigured("NEO_STATIC_ROOT must be an absolute path, or empty.")
    return Path(given) if given else None


def _address(bind: str) -> tuple[str, int, Path | None]:
    if bind.startswith(f"{UNIX}/"):
        if len(os.fsencode(bind.removeprefix(UNIX))) > MOST_PATH_BYTES:
            raise ImproperlyConfigured(
                f"NEO_BIND names a Unix socket whose path is longer than the {MOST_PATH_BYTES} bytes that Linux takes. "
                "Choose a shorter one, such as unix:/run/neo-secrets.sock."
            )
        return "", 0, Path(bind.removeprefix(UNIX))
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:]+)\]|([0-9.]+)):([0-9]{1,5})", bind)
    try:
        address = ip_address((found[1] or found[2]) if found else "")
    except ValueError:
        found = None
    if found is None or not 0 < int(found[3]) < 2**16:
        raise ImproperlyConfigured(
            "NEO_BIND must be an address and a port, such as 127.0.0.1:8000 or [::1]:8000, or unix:/PATH."
        )
    return str(address), int(found[3]), None


def _at_least(least: int, env: FileAwareEnv, name: str, *, default: int) -> int:
    number = whole_number(env, name, default=default)
    if number < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}.")
    return number
