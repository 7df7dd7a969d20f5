"""Offset pagination: `{"count", "next", "previous", "results"}` by limit and offset."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

M = TypeVar("M", bound=Model)


def read_page(rows: QuerySet[M], *, limit: int, offset: int) -> tuple[list[M], int]:
    """Return the rows of one page, and the number of rows in total.

    Costs one query if the page reveals the total, as a first page that is not full does; else two.
    """
    found = list(rows[offset : offset + limit])
    if len(found) < limit and (found or offset == 0):
        return found, offset + len(found)
    return found, rows.count()


def envelope(request: Request, results: Any, *, count: int, limit: int, offset: int) -> dict[str, Any]:
    """Return the response body: `results`, the total, and URLs of the pages around that keep the other parameters."""
    following = offset + limit if offset + limit < count else None
    preceding = max(offset - limit, 0) if offset > 0 else None
    return {
        "count": count,
        "next": _address(request, limit, following),
        "previous": _address(request, limit, preceding),
        "results": results,
    }


def _address(request: Request, limit: int, offset: int | None) -> str | None:
    if offset is None:
        return None
    url = replace_query_param(request.build_absolute_uri(), "limit", limit)
    return str(replace_query_param(url, "offset", offset))
