"""The membership policy: who has which role of secrets_app in a workspace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from workspaces.models import Seat

ROLES = {Seat.Level.GUEST: "viewer", Seat.Level.EDITOR: "member", Seat.Level.OWNER: "admin"}


class SeatPolicy:
    def role(self, user: Any, project_id: UUID) -> str | None:
        seat = Seat.objects.filter(person=user, workspace_id=project_id).first()
        return ROLES[Seat.Level(seat.level)] if seat else None

    def project_ids(self, user: Any) -> Iterable[UUID]:
        return Seat.objects.filter(person=user).values_list("workspace_id", flat=True)
