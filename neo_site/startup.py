"""The first steps of every process. A wrong configuration ends it with one sentence that says what to correct."""

from __future__ import annotations

import ctypes
import logging
import multiprocessing
import os
import resource
import signal
import sys
from typing import Never

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from neo_base.database_messages import shown
from neo_site.logs import uncaught

logger = logging.getLogger(__name__)

# prctl(2).
PR_SET_PDEATHSIG = 1


def load_settings() -> None:
    """Read the settings, or end the process.

    From now on only its owner can read the files that it writes, it leaves no core dumps, and in production uncaught
    exceptions are logged without their messages.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        is_development = settings.DEVELOPMENT  # the first attribute loads them all
    except ImproperlyConfigured as error:
        refuse(error)
    except ModuleNotFoundError as error:
        refuse(f"Python has no module {error.name!r}. Run: {sys.executable} -m pip install -r requirements.txt")
    except OSError as error:
        refuse(f"{error.filename} cannot be read ({error.strerror}). Correct the path or its permissions.")
    if not is_development:
        uncaught.install()


def end_with_parent() -> None:
    """Let a worker of the server end, as on SIGTERM, when the process that started it is gone.

    That process may be killed, for example for lack of memory. The worker would otherwise go on serving, with nothing
    to stop or replace it, and keep the address taken.
    """
    parent = multiprocessing.parent_process()
    if parent is None or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent.pid:  # it ended while this one was starting, and no signal comes for that
        sys.exit(1)


def begin_tracing() -> None:
    """Begin to trace if the settings ask for it. Call this before Django makes its handler and its first connection."""
    if settings.NEO_OTEL_ENDPOINT:
        from neo_site.tracing.instruments import begin

        begin()


def refuse(reason: object) -> Never:
    """End the process with one sentence on standard error, and status 1."""
    sys.exit(f"Refusing to start: {reason}")


def require_master_keys() -> None:
    """End the process when a master key that is needed is missing or wrong; the sentence names its id.

    A database that does not answer yet does not end it: `/readyz` goes on checking.
    """
    from django.db import DatabaseError, connections

    from secrets_app.crypto.errors import KeyringError
    from secrets_app.master_keys import check_master_keys

    try:
        check_master_keys()
    except KeyringError as error:
        refuse(error)
    except DatabaseError as error:
        logger.warning("startup.database_unavailable error=%s", shown(error))
    finally:
        connections.close_all()
