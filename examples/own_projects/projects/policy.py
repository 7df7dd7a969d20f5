"""The membership policy: who has which role of secrets_app in a project."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from projects.models import Collaborator


class CollaboratorPolicy:
    def role(self, user: Any, project_id: UUID) -> str | None:
        found = Collaborator.objects.filter(user=user, project_id=project_id).first()
        if found is None:
            return None
        return "admin" if found.leads else "member" if found.may_edit else "viewer"

    def project_ids(self, user: Any) -> Iterable[UUID]:
        return Collaborator.objects.filter(user=user).values_list("project_id", flat=True)
