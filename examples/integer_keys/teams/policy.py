"""The membership policy: who has which role of secrets_app in a team."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Expression, F, QuerySet, Value, When

from teams.models import Place

ROLES = {Place.Rank.READER: "viewer", Place.Rank.WRITER: "member", Place.Rank.CAPTAIN: "admin"}


class TeamPolicy:
    def role(self, user: Any, project_id: UUID) -> str | None:
        place = Place.objects.filter(user=user, team__code=project_id).first()
        return ROLES[Place.Rank(place.rank)] if place else None

    def project_ids(self, user: Any) -> Iterable[UUID]:
        return Place.objects.filter(user=user).values_list("team__code", flat=True)

    def roles_of(self, user: Expression) -> QuerySet[Any, Any]:
        """Return the same as rows, so that requests on PostgreSQL need one statement less."""
        role = Case(*(When(rank=rank, then=Value(role)) for rank, role in ROLES.items()), output_field=CharField())
        return Place.objects.filter(user=user).order_by().annotate(project_id=F("team__code"), role=role)
