"""Names in the audit log, whose events hold ids: what a searched name stands for, and how a project is called today.

The log has no index of names, and would be read as a whole for one. So a name is looked up where it is used, and the
log is asked for the ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import HttpRequest

from secrets_app.admin.personal import names_personal_secrets
from secrets_app.models import AuditEvent, Secret
from secrets_app.models.project import project_field, project_id_of, project_model, projects_with_ids

# So many ids fit into a statement; a name that more share finds the events of these.
MOST = 500


def events_named(operator: Any, name: str) -> Q | None:
    """Return the condition for events about a secret, project or user of this exact name; None if there is none.

    A deleted secret is found by the event of its deletion. For operators who may not see the list of secrets, other
    people's personal secrets have no name. Costs four queries.
    """
    name = name.strip()
    if not name or "\0" in name:
        return None
    users, projects = _users(name), _projects(name)
    subjects = _secrets(operator, name) | users
    if not (subjects or projects):
        return None
    return Q(subject_id__in=subjects) | Q(actor_id__in=users) | Q(project_id__in=projects)


def name_projects(site: AdminSite, request: HttpRequest, events: Iterable[AuditEvent]) -> None:
    """Set `project_name` on the events of projects that are there, for operators who may see projects: in one query."""
    page = site._registry.get(project_model())
    if page is None or not page.has_view_permission(request):
        return
    events = list(events)
    ids = {event.project_id for event in events if event.project_id is not None}
    rows = {project_id_of(row): row for row in projects_with_ids(ids)}
    for event in events:
        if event.project_id in rows:
            event.project_name = str(rows[event.project_id])  # type: ignore[attr-defined]


def _secrets(operator: Any, name: str) -> set[str]:
    held = Secret.objects.filter(name=name)
    gone = AuditEvent.objects.filter(event="secret.deleted", subject_label=name)
    if not names_personal_secrets(operator):
        held = held.filter(Q(project__isnull=False) | Q(user=operator))
        gone = gone.filter(Q(project_id__isnull=False) | Q(user_id=str(operator.pk)))
    return _texts(held, "pk") | _texts(gone, "subject_id")


def _users(name: str) -> set[str]:
    model = get_user_model()
    return _texts(model._default_manager.filter(**{model.USERNAME_FIELD: name}), "pk")


def _projects(name: str) -> list[Any]:
    """Return the ids of the projects of this name; none where the host's projects have no names."""
    model = project_model()
    if not any(field.name == "name" for field in model._meta.concrete_fields):
        return []
    return list(model._default_manager.filter(name=name).order_by().values_list(project_field(), flat=True)[:MOST])


def _texts(rows: Any, column: str) -> set[str]:
    return {str(key) for key in rows.order_by().values_list(column, flat=True)[:MOST]}
