"""Health probes. `/livez`: the process answers. `/readyz`: it can serve.

It can serve when the database answers and has this release's migrations, and the master keys are there and are the
right ones. A probe sees which of these hold; the reasons are in the log.
"""

from __future__ import annotations

import logging
from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from secrets_app.crypto.errors import KeyringError
from secrets_app.master_keys import check_master_keys

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def livez(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process answers at all."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when every check holds, otherwise 503, with each check by name."""
    found = checks()
    if all(found.values()):
        return JsonResponse({"status": "ready", **found})
    return JsonResponse({"status": "not ready", **found}, status=503, headers={"Retry-After": "1"})


def checks() -> dict[str, bool]:
    """Return each check by name, and whether it holds now.

    When the database does not answer, the checks that need it fail without asking: they would only wait again.
    """
    is_there = _database_answers()
    return {
        "database": is_there,
        "migrations": is_there and _migrations_are_applied(),
        "keyring": is_there and _keys_are_right(),
    }


def unapplied_migrations() -> frozenset[tuple[str, str]]:
    """Return the last migrations of this release that the database lacks; it may have later ones. Costs two queries."""
    return _last_migrations() - MigrationRecorder(connection).applied_migrations().keys()


@cache
def _last_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("database.unavailable error=%s", type(error).__name__)
        return False
    return True


def _migrations_are_applied() -> bool:
    try:
        unapplied = unapplied_migrations()
    except DatabaseError as error:
        logger.warning("migrations.unavailable error=%s", type(error).__name__)
        return False
    for app, name in sorted(unapplied):
        logger.warning("migrations.unapplied migration=%s.%s", app, name)
    return not unapplied


def _keys_are_right() -> bool:
    try:
        check_master_keys()
    except (KeyringError, DatabaseError) as error:
        logger.warning("keyring.unavailable error=%s", type(error).__name__)
        return False
    return True
