"""Secrets as lists and answers show them: rows as tuples, without their values, and without making models."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from neo_base import quick_way
from neo_base.access.compiled import Compiled, Given
from secrets_app.fields import Sealed
from secrets_app.models.secret import DEFAULT_ORDER, Secret
from secrets_app.owners import Owner


class _Columns(NamedTuple):
    # First, as the question of a view wants it.
    project_id: UUID | None
    user_id: Any
    id: UUID
    name: str
    version: int
    mask: Sealed
    description: str
    default_available: bool
    created_by_agent: bool
    task_id: str
    quarantine_reason: str
    is_maskable: bool
    is_exempt_from_redaction: bool
    revision: int
    damaged_at: datetime | None
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ShownSecret(_Columns):
    """The columns of a secret that are shown. What follows from them is as of `Secret`."""

    __slots__ = ()

    owner: Any = Secret.owner
    secret_id: Any = Secret.secret_id
    is_damaged: Any = Secret.is_damaged
    is_quarantined: Any = Secret.is_quarantined
    etag: Any = Secret.etag


def page_of(
    owner: Owner, *, limit: int, offset: int, search: str = "", ordering: str = DEFAULT_ORDER
) -> tuple[list[ShownSecret], int]:
    """Return one page of the owner's secrets with `search` in them, in one of `ORDERS`, and their number in total.

    Costs one statement, or two if other pages follow: one row more than the page is read to see whether they do.
    """
    secrets = Secret.objects.owned_by(owner).matching(search)
    if not search and ordering == DEFAULT_ORDER and quick_way.is_open():
        place = {"owner": owner.project_id or owner.user_id, "limit": limit + 1, "offset": offset}
        found = _page("user" if owner.project_id is None else "project").fetch(place)
    else:
        found = list(_shown(secrets.sorted_by(ordering))[offset : offset + limit + 1])
    is_end = len(found) <= limit and (found or offset == 0)
    count = offset + len(found) if is_end else secrets.count()
    return [ShownSecret._make(row) for row in found[:limit]], count


@lru_cache(maxsize=2)
def _page(column: str) -> Compiled:
    key = Given("owner", getattr(Secret, column).field.target_field)
    return Compiled.of(_shown(Secret.objects.filter(**{column: key})), "LIMIT %s OFFSET %s", "limit", "offset")


def _shown(secrets: QuerySet[Secret]) -> QuerySet[Secret, tuple[Any, ...]]:
    return secrets.values_list(*ShownSecret._fields)
