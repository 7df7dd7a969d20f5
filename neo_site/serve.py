"""The server of the site: `python -m neo_site.serve`, until SIGTERM or SIGINT.

Refuses to start, with one sentence, under wrong settings, with wrong master keys, or at an address that is taken. On
SIGTERM it accepts no further requests, finishes those in flight and exits with status 0.
"""

from __future__ import annotations

import copy
import logging
import os
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from neo_site.startup import load_settings, refuse, require_master_keys

if TYPE_CHECKING:
    from neo_site.configuration.server import Server

# Named, because this module also runs as `__main__`.
logger = logging.getLogger("neo_site.serve")

APPLICATION = "neo_site.wsgi:application"
# The proxy in front runs as another user of the same group.
SOCKET_MODE = 0o660


def main() -> None:
    """Check everything that can be checked before a worker starts, then serve."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "neo_site.settings")
    # Workers read the environment. The directories that they share are named there and are removed with this run.
    with tempfile.TemporaryDirectory(prefix="neo-serve-") as directory:
        collects = _share(Path(directory))
        load_settings()
        _prepare(collects=collects)
        require_master_keys()
        _serve()


def _share(directory: Path) -> bool:
    """Name directories for the static files and the metrics of all workers, unless the operator has; return whether the
    static files have to be collected. Development serves them from the packages.
    """
    static, figures = directory / "static", directory / "metrics"
    figures.mkdir()
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(figures))
    if os.environ.get("NEO_PROFILE", "production") == "production":
        os.environ.setdefault("NEO_STATIC_ROOT", str(static))
    return os.environ.get("NEO_STATIC_ROOT") == str(static)


def _prepare(*, collects: bool) -> None:
    """Set up Django, run its checks and make the static files ready, or end the process."""
    import django
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    from neo_site import static_files

    django.setup()
    _check(deploy=not settings.DEVELOPMENT)
    try:
        if collects:
            static_files.collect()
        static_files.require_collected()
    except (ImproperlyConfigured, OSError) as error:
        refuse(error)


def _check(*, deploy: bool) -> None:
    """Run Django's checks: an error ends the process, a warning of `check --deploy` is logged."""
    from django.core import checks

    found = checks.run_checks(include_deployment_checks=deploy)
    for message in found:
        if message.is_serious():
            refuse(f"{message.msg} {message.hint or ''}".strip())
        logger.warning("check.warned id=%s", message.id)


def _serve() -> None:
    from django.conf import settings
    from granian import Granian
    from granian.constants import Interfaces

    server = settings.NEO_SERVER
    _require_free(server)
    Granian(
        APPLICATION,
        address=server.host,
        port=server.port,
        uds=server.socket,
        uds_permissions=SOCKET_MODE,
        interface=Interfaces.WSGI,
        websockets=False,
        workers=server.workers,
        # Each thread keeps a database connection; the server's own default is hundreds.
        blocking_threads=server.threads,
        respawn_failed_workers=True,
        workers_kill_timeout=server.stop_seconds,
        # Its access log stays off, because it would hold paths as clients send them.
        log_dictconfig=copy.deepcopy(settings.LOGGING),
    ).serve()


def _require_free(server: Server) -> None:
    """End the process when the address is taken: granian would share the port silently."""
    family = socket.AF_UNIX if server.socket else socket.AF_INET6 if ":" in server.host else socket.AF_INET
    with socket.socket(family) as probe:
        if probe.connect_ex(str(server.socket) if server.socket else (server.host, server.port)) == 0:
            refuse(f"{server} is taken. Set another address in NEO_BIND.")
    if server.socket:
        if not os.access(server.socket.parent, os.W_OK):
            refuse(f"{server.socket.parent} is no directory that this user can write to. Correct NEO_BIND.")
        # A server that was killed leaves its socket behind.
        server.socket.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
