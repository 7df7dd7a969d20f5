"""Health probes. `/livez`: the process answers. `/readyz`: it can serve. `/writez`: it can also write.

It can serve when the database answers and has this release's migrations, and the master keys are there and are the
right ones. A probe sees which of these hold; the reasons are in the log.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from functools import cache

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from neo_base.database_messages import shown
from neo_base.rest.outages import outage_of
from neo_base.transactions import atomic
from neo_site.throttling.models import CacheEntry
from secrets_app.crypto.errors import KeyringError
from secrets_app.master_keys import check_master_keys

logger = logging.getLogger(__name__)

PROBES = ("/livez", "/readyz", "/writez")


class Probes:
    """Middleware that answers probes before others look at their `Host`.

    A balancer or a kubelet sends an address there, which ALLOWED_HOSTS does not name. Nothing in these answers depends
    on it, and nothing else is answered to it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in PROBES:
            return self._get_response(request)
        # For the log and the metrics, which name the route.
        request.resolver_match = resolve(request.path_info)
        answer: HttpResponse = request.resolver_match.func(request)
        # Django's own middleware, which is not reached, would say so.
        answer["Content-Length"] = str(len(answer.content))
        return answer


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
    return _unavailable({"status": "not ready", **found}, _missing(found))


@require_safe
@never_cache
def writez(request: HttpRequest) -> JsonResponse:
    """Answer 200 when a row can be written, otherwise 503 with a `reason` of `neo_base.rest.outages`.

    It writes one and deletes it again, in a transaction that commits.
    """
    try:
        _write()
    except Error as error:
        reason = outage_of(error)
        logger.warning("database.unwritable reason=%s", reason)
        return _unavailable({"status": "not writable", "reason": reason}, reason)
    return JsonResponse({"status": "writable"})


@atomic
def _write() -> None:
    # Expired already, so that the cache would delete it, too.
    CacheEntry.objects.create(key=f"probe:{uuid.uuid4()}", value="", expires_at=0).delete()


def _unavailable(content: dict[str, object], reason: str) -> JsonResponse:
    response = JsonResponse(content, status=503, headers={"Retry-After": "1"})
    response.outage = reason  # type: ignore[attr-defined]
    return response


def _missing(found: dict[str, bool]) -> str:
    """Return the reason for the log: what is missing first."""
    if not found["database"]:
        return "database_down"
    return "key_provider" if found["migrations"] else "migrations"


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
    except Error as error:
        logger.warning("database.unavailable error=%s", shown(error))
        return False
    return True


def _migrations_are_applied() -> bool:
    try:
        unapplied = unapplied_migrations()
    except Error as error:
        logger.warning("migrations.unavailable error=%s", shown(error))
        return False
    for app, name in sorted(unapplied):
        logger.warning("migrations.unapplied migration=%s.%s", app, name)
    return not unapplied


def _keys_are_right() -> bool:
    try:
        check_master_keys()
    except (KeyringError, Error) as error:
        logger.warning("keyring.unavailable error=%s", shown(error))
        return False
    return True
