"""The first steps of every process. A wrong configuration ends it with one sentence that says what to correct."""

from __future__ import annotations

import logging
import os
import resource
import sys
from typing import Never

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from neo_base.database_messages import shown
from neo_site import missing_modules
from neo_site.logs import uncaught

logger = logging.getLogger(__name__)


def load_settings() -> None:
    """Read the settings, or end the process.

    From now on only its owner can read the files that it writes, it leaves no core dumps, and in production uncaught
    exceptions are logged without their messages.
    """
    _open_closed_streams()
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        is_development = settings.DEVELOPMENT  # the first attribute loads them all
    except ImproperlyConfigured as error:
        refuse(error)
    except ModuleNotFoundError as error:
        refuse(missing_modules.told(error))
    except OSError as error:
        from neo_site.failures import told

        refuse(told(error))
    if not is_development:
        uncaught.install()


def _open_closed_streams() -> None:
    """Open what is closed of the standard streams on /dev/null.

    Otherwise the next file that is opened would get its number, and receive what is printed. Python has set a closed
    stream to None, on which Django's commands fail.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def begin_tracing() -> None:
    """Begin to trace if the settings ask for it. Call this before Django makes its handler and its first connection."""
    if settings.NEO_OTEL_ENDPOINT:
        from neo_site.tracing.instruments import begin

        begin()


def refuse(reason: object) -> Never:
    """End the process with one sentence on standard error, and status 1."""
    sys.exit(f"Refusing to start: {reason}")


def require_original() -> None:
    """End the process when the database is a restored copy whose credentials have not been revoked; and refuse each
    later connection to one."""
    from django.db import Error, connections

    from neo_site.backups import epoch

    try:
        epoch.learn()
    except (epoch.RestoredCopy, OSError) as error:
        refuse(error)
    except Error as error:
        logger.warning("startup.database_unavailable error=%s", shown(error))
    finally:
        connections.close_all()
    epoch.watch()


def require_master_keys() -> None:
    """End the process when a master key that is needed is missing or wrong; the sentence names its id.

    A database that does not answer yet does not end it: `/readyz` goes on checking.
    """
    from django.db import Error, connections

    from secrets_app.crypto.errors import KeyringError
    from secrets_app.master_keys import check_master_keys

    try:
        check_master_keys()
    except KeyringError as error:
        refuse(error)
    except Error as error:
        logger.warning("startup.database_unavailable error=%s", shown(error))
    finally:
        connections.close_all()
