"""Refusals, told to whoever keeps a record of them.

`refused` is sent with `request` (DRF's for the API, Django's for the admin) and `error`, when it is certain that the
answer is 401, 403 or 404. Receivers run before the answer leaves and inside of whatever transaction is open: they take
notes, and write later. One that fails changes no answer. An error with a true `is_recorded` is one that somebody has
written down already.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db.models import Model, QuerySet
from django.dispatch import Signal
from django.http import HttpRequest
from rest_framework.exceptions import APIException, NotFound, PermissionDenied
from rest_framework.request import Request

refused = Signal()

STATUSES = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)

Row = TypeVar("Row", bound=Model)
Error = TypeVar("Error", bound=Exception)


def tell(request: Request | HttpRequest, error: APIException) -> None:
    if error.status_code in STATUSES:
        refused.send_robust(sender=type(error), request=request, error=error)


def tell_of_page(request: HttpRequest, error: DjangoPermissionDenied) -> None:
    """The same for Django's own 403, on its way to whoever makes a page of it: once, whoever meets it."""
    if not getattr(error, "is_recorded", False):
        error.is_recorded = True  # type: ignore[attr-defined]
        tell(request, PermissionDenied())


def hidden(error: Error) -> Error:
    """Mark a 404 as the answer for what is not there or not for the caller to see. The answer stays the same."""
    error.is_hidden = True  # type: ignore[attr-defined]
    return error


def find(rows: QuerySet[Row], key: object) -> Row:
    """The row with this key, of those that the caller may see; else 404."""
    try:
        return rows.get(pk=key)
    except ObjectDoesNotExist:
        raise hidden(NotFound()) from None
