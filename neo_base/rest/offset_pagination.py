"""Lists: `{"count", "next", "previous", "results"}` by limit and offset."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

M = TypeVar("M", bound=Model)


def read_page(rows: QuerySet[M], *, limit: int, offset: int) -> tuple[list[M], int]:
    """The rows of one page and how many there are in all.

    Costs one query where the page itself shows the total (a first page that is not full), else two.
    """
    found = list(rows[offset : offset + limit])
    if len(found) < limit and (found or offset == 0):
        return found, offset + len(found)
    return found, rows.count()


def envelope(request: Request, results: Any, *, count: int, limit: int, offset: int) -> dict[str, Any]:
    """The answer of a list around `results`, its rows as JSON; the neighbours' addresses keep the rest of the query."""
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
