"""The columns of a secret that its task's environment needs, as a tuple: models of fifty secrets cost more than all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast

from neo_base.access.compiled import Compiled
from secrets_app.fields import Sealed
from secrets_app.models.secret import Secret
from secrets_app.owners import label_of


class GrantedValue(NamedTuple):
    """A secret with its value as far as an environment needs it. The names are those of `Secret`.

    Two ids are texts, as they are compared and written: to make UUIDs of them takes longer than to open the value.
    """

    id: UUID
    id_text: str
    user_id: Any
    project_id_text: str | None
    name: str
    version: int
    value: Sealed
    quarantine_reason: str
    expires_at: datetime | None
    last_used_at: datetime | None
    is_exempt_from_redaction: bool

    @property
    def secret_id(self) -> UUID:
        return self.id

    @property
    def owner_label(self) -> str:
        return label_of(self.user_id, self.project_id_text)


def granted_values(ids: Iterable[str]) -> dict[str, GrantedValue]:
    """Return those of these secrets that exist, by id, in one query. For PostgreSQL, where the quick way is open."""
    rows = map(GrantedValue._make, _values().fetch({"ids": f"{{{','.join(ids)}}}"}))
    return {row.id_text: row for row in rows}


@cache
def _values() -> Compiled:
    texts = {name: Cast(name.removesuffix("_text"), TextField()) for name in ("id_text", "project_id_text")}
    rows = Secret.objects.order_by().annotate(**texts).values_list(*GrantedValue._fields)
    return Compiled.of(rows, f"WHERE {connection.ops.quote_name(Secret._meta.db_table)}.id = ANY(%s::uuid[])", "ids")
