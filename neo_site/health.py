"""`/livez`: the process answers. `/readyz`: it can serve, database and master keys included."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from secrets_app.crypto import KeyringError
from secrets_app.keys import check_master_keys

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def livez(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    found = checks()
    if all(found.values()):
        return JsonResponse({"status": "ready", **found})
    return JsonResponse({"status": "not ready", **found}, status=503, headers={"Retry-After": "1"})


def checks() -> dict[str, bool]:
    """What serving needs, and whether it can be had at this moment."""
    return {"database": _database_answers(), "keyring": _keys_are_right()}


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("database.unavailable error=%s", type(error).__name__)
        return False
    return True


def _keys_are_right() -> bool:
    try:
        check_master_keys()
    except (KeyringError, DatabaseError) as error:
        logger.warning("keyring.unavailable error=%s", type(error).__name__)
        return False
    return True
