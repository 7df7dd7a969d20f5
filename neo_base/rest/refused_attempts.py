"""Refused attempts, announced to whoever records them.

`attempt_refused` is sent with `request` (DRF's for the API, Django's for the admin) and `error`, when it is certain
that the answer is 401, 403 or 404. Receivers run before the answer leaves, inside whatever transaction is open: they
take notes, and write later. A receiver that fails changes no answer. `errors.AttemptFacts` holds what an error tells
receivers besides its status.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db.models import Model, QuerySet
from django.dispatch import Signal
from django.http import HttpRequest
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.request import Request

from neo_base.rest.errors import Missing

attempt_refused = Signal()

STATUSES = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)

Row = TypeVar("Row", bound=Model)


def announce_refused(request: Request | HttpRequest, error: APIException) -> None:
    """Announce a refused attempt, once it is certain that `error` is the answer. Other errors are no refusals."""
    if error.status_code in STATUSES:
        attempt_refused.send_robust(sender=type(error), request=request, error=error)


def announce_refused_page(request: HttpRequest, error: DjangoPermissionDenied) -> None:
    """Announce Django's own 403, once, however many handlers it passes on its way to a page."""
    if not getattr(error, "is_announced", False):
        error.is_announced = True  # type: ignore[attr-defined]
        announce_refused(request, PermissionDenied())


def get_visible_or_404(rows: QuerySet[Row], key: object, column: str = "pk") -> Row:
    """Return the row with this key among those that the caller may see; else raise Missing (404)."""
    try:
        return rows.get(**{column: key})
    except ObjectDoesNotExist:
        raise Missing(is_hidden=True) from None
