"""The columns of a secret that its task's environment needs, as a tuple: models of fifty secrets cost more than all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from neo_base.access.compiled import Compiled
from secrets_app.fields import Sealed
from secrets_app.models.secret import Secret
from secrets_app.owners import Owner, owner_of


class GrantedValue(NamedTuple):
    """A secret with its value as far as an environment needs it. The names are those of `Secret`."""

    id: UUID
    user_id: Any
    project_id: UUID | None
    name: str
    version: int
    value: Sealed
    quarantine_reason: str
    grant_id: UUID | None
    expires_at: datetime | None
    last_used_at: datetime | None
    is_exempt_from_redaction: bool

    @property
    def pk(self) -> UUID:
        return self.id

    @property
    def secret_id(self) -> UUID:
        return self.id

    @property
    def owner(self) -> Owner:
        return owner_of(self.user_id, self.project_id)


def granted_values(ids: Iterable[UUID]) -> dict[UUID, GrantedValue]:
    """Return those of these secrets that exist, by id, in one query. For PostgreSQL, where the quick way is open."""
    return {row[0]: GrantedValue._make(row) for row in _values().fetch({"ids": list(ids)})}


@cache
def _values() -> Compiled:
    rows = Secret.objects.order_by().values_list(*GrantedValue._fields)
    return Compiled.of(rows, f"WHERE {connection.ops.quote_name(Secret._meta.db_table)}.id = ANY(%s)", "ids")
