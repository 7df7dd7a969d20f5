"""What a caller gives: a user, a project as an object or by its id, a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework.exceptions import NotAuthenticated, ValidationError

from neo_base.access.accounts import is_active
from secrets_app.models.project import project_id_of, project_model


def require_signed_in(user: Any) -> None:
    if not user.is_authenticated or not is_active(user):
        raise NotAuthenticated("The user is anonymous or inactive. Pass a user who can sign in.")


def project_id_in(project: Any) -> UUID | None:
    """Return the id of a project that is given as an object or by its id; None for none."""
    if project is None or isinstance(project, UUID):
        return project
    if isinstance(project, project_model()):
        return project_id_of(project)
    try:
        return UUID(str(project))
    except ValueError:
        raise ValidationError({"project": [f"Must be a {project_model()._meta.object_name} or its UUID."]}) from None


def as_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
