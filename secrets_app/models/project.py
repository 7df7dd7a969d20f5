"""The model that stands for a project, which may be the host's, and the column by which its rows are known here.

That column is a UUID, which the wire, the ciphertexts and the audit log hold. It need not be the primary key.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db.models import QuerySet

DEFAULT_PROJECT_MODEL = "projects.Project"
PROJECT_MODEL: str = getattr(settings, "SECRETS_APP_PROJECT_MODEL", DEFAULT_PROJECT_MODEL)
PROJECT_FIELD: str | None = getattr(settings, "SECRETS_APP_PROJECT_FIELD", None)


def project_model() -> Any:
    return apps.get_model(PROJECT_MODEL)


def project_field() -> str:
    """Return the name of the field by which projects are known: the primary key, if the site names no other."""
    return PROJECT_FIELD or str(project_model()._meta.pk.name)


def project_id_of(project: Any) -> UUID:
    """Return the id of a row of the project model."""
    found: UUID = getattr(project, project_field())
    return found


def projects_with_ids(ids: Any) -> QuerySet[Any]:
    """Return the projects with these ids, a collection or a query set."""
    rows: QuerySet[Any] = project_model()._default_manager.filter(**{f"{project_field()}__in": ids})
    return rows
