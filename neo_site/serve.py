"""The server of the site: `python -m neo_site.serve`, until SIGTERM or SIGINT.

Refuses to start, with one sentence, under wrong settings, with wrong master keys, or at an address that is taken. On
SIGTERM it accepts no further requests, finishes those in flight and exits with status 0.
"""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import resource
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from neo_site import missing_modules

try:
    from neo_site.failures import told
    from neo_site.serving.allocator import give_back_large_pieces
    from neo_site.startup import load_settings, refuse, require_master_keys, require_original
except ModuleNotFoundError as error:
    sys.exit(missing_modules.told(error))

if TYPE_CHECKING:
    from neo_site.configuration.server import Server
    from neo_site.serving.listeners import Listeners

# Named, because this module also runs as `__main__`.
logger = logging.getLogger("neo_site.serve")

# The proxy in front runs as another user of the same group.
SOCKET_MODE = 0o660
STALLED_READER_MS = 30_000
# What a worker opens besides its connections, and a few of those.
LEAST_FILES = 320


def main() -> None:
    """Serve until the end; whatever prevents the start ends the process with a sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "neo_site.settings")
    sys.exit(_or_refuse(_run))


def _or_refuse(work: Callable[[], int | None]) -> int | None:
    """Return what `work` returns; whatever prevents it ends the process with a sentence."""
    try:
        return work()
    except Exception as error:
        # Any exception: a server must not end in a stack that nobody asked for.
        if "--traceback" in sys.argv:
            raise
        refuse(told(error))


def _run() -> int:
    """Check everything that can be checked before a worker starts, then serve; return the exit status."""
    # Before anything is loaded: workers inherit both, what was set and what was kept.
    give_back_large_pieces()
    _require_files()
    # Workers read the environment. The directories that they share are named there and are removed with this run.
    with tempfile.TemporaryDirectory(prefix="neo-serve-") as directory:
        collects = _share(Path(directory))
        load_settings()
        _prepare(collects=collects)
        require_master_keys()
        require_original()
        return _serve()


def _require_files() -> None:
    """End the process if the system lets it open too few files to serve: workers would start and die."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if 0 <= most < LEAST_FILES:
        refuse(
            f"It may open {most} files, and needs {LEAST_FILES} or more: each connection is one. "
            "Raise the limit (ulimit -n, LimitNOFILE)."
        )


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

    from neo_site import static_files

    django.setup()
    with _collecting() if collects else nullcontext():
        _check(deploy=not settings.DEVELOPMENT)
    static_files.require_collected()


@contextmanager
def _collecting() -> Iterator[None]:
    """Collect the static files during the block, in a process of its own: workers would inherit the memory it takes.

    If that process cannot, it says why, and this one ends at the end of the block.
    """
    from neo_site import static_files

    process = multiprocessing.get_context("fork").Process(target=_or_refuse, args=(static_files.collect,))
    process.start()
    try:
        yield
    finally:
        process.join()
    if process.exitcode:
        refuse("The static files were not collected.")


def _check(*, deploy: bool) -> None:
    """Run Django's checks: an error ends the process, a warning of `check --deploy` is logged."""
    from django.core import checks

    found = checks.run_checks(include_deployment_checks=deploy)
    for message in found:
        if message.is_serious():
            refuse(f"{message.msg} {message.hint or ''}".strip())
        logger.warning("check.warned id=%s", message.id)


def _serve() -> int:
    """Run the workers until a signal; return the exit status."""
    from django.conf import settings

    from neo_site.serving.supervisor import Supervisor
    from neo_site.serving.worker import work

    server: Server = settings.NEO_SERVER
    try:
        return Supervisor(
            work,
            _listen(server),
            workers=server.workers,
            stop_seconds=server.drain_seconds + server.stop_seconds,
            on_death=_count_death,
        ).run()
    finally:
        if server.socket:
            server.socket.unlink(missing_ok=True)


def _listen(server: Server) -> Listeners:
    """Return the sockets that listen at the address of the server, or end the process when that is taken."""
    from neo_site.serving.listeners import Listeners

    try:
        if server.socket:
            _require_free(server.socket)
        else:
            # It could join a server of the same user that is there, and take a part of its connections.
            _bind(server, is_alone=True).close()
        is_shared = server.socket is not None or server.workers == 1
        return Listeners(lambda: _bind(server, is_alone=is_shared), workers=server.workers, is_shared=is_shared)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            refuse(f"{server} is taken. Set another address in NEO_BIND.")
        refuse(f"It cannot listen at {server} ({error.strerror}). Correct NEO_BIND.")


def _bind(server: Server, *, is_alone: bool) -> socket.socket:
    """Return a new socket at the address of the server; raise OSError, if it shall be alone there, when one listens."""
    listener = socket.socket(server.family)
    # After an end, connections of the server that was there before may linger; that is no other server.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if server.socket:
        listener.bind(str(server.socket))
        server.socket.chmod(SOCKET_MODE)
    else:
        if not is_alone:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        # A client that reads nothing for so long is given up. Accepted connections inherit this.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_READER_MS)
        listener.bind((server.host, server.port))
    listener.setblocking(False)
    return listener


def _require_free(path: Path) -> None:
    """End the process when a server answers at the Unix socket; remove one that a killed server has left."""
    with socket.socket(socket.AF_UNIX) as probe:
        if probe.connect_ex(str(path)) == 0:
            refuse(f"unix:{path} is taken. Set another address in NEO_BIND.")
    if not os.access(path.parent, os.W_OK):
        refuse(f"{path.parent} is no directory that this user can write to. Correct NEO_BIND.")
    path.unlink(missing_ok=True)


def _count_death() -> None:
    from django.conf import settings

    if settings.NEO_METRICS_TOKEN:
        from neo_site.metrics.instruments import WORKER_DEATHS

        WORKER_DEATHS.inc()


if __name__ == "__main__":
    main()
