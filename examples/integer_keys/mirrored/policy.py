"""The membership policy: the roles of a team are those of its mirror."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from teams.models import Place
from teams.policy import ROLES


class MirrorPolicy:
    def role(self, user: Any, project_id: UUID) -> str | None:
        place = Place.objects.filter(user=user, team__mirror=project_id).first()
        return ROLES[Place.Rank(place.rank)] if place else None

    def project_ids(self, user: Any) -> Iterable[UUID]:
        return Place.objects.filter(user=user).values_list("team__mirror", flat=True)
