"""The audit API: what happened in a project, for its admins, and to one's own things, for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.rest.cursor_pagination import CursorQuery, envelope, id_in
from secrets_app.api.audit_serializers import AuditEntryOut, AuditPage, AuditQuery, UseOut, UsePage
from secrets_app.api.base import PolicyView, named_project_ids
from secrets_app.api.views import BaseSecretView
from secrets_app.models import AuditEntry, ExposedSecret
from secrets_app.models.audit import AuditEntryQuerySet
from secrets_app.policies import Permission

COLUMNS = {"event": "event", "actor": "actor_id"}


@extend_schema(tags=["Audit"])
class AuditView(PolicyView):
    permissions = {"GET": Permission.AUDIT_VIEW}
    query_serializers = {"GET": AuditQuery}
    problem_statuses = {"GET": [403]}

    def requested_project_ids(self) -> Iterator[UUID]:
        return named_project_ids([self.request.query_params])

    @extend_schema(operation_id="listAudit", summary="Read the audit", responses=AuditPage)
    def get(self, request: Request) -> Response:
        """What happened, newest first: to the caller's own secrets, tokens, grants and sessions, or in a project.

        With `project_id` for admins of the project. Never a value.
        """
        query = self.query
        project_id = query.get("project_id")
        everything = AuditEntry.objects.all()
        rows = everything.of_user(request.user) if project_id is None else everything.of_project(project_id)
        entries = list(_matching(rows, query).order_by("-id")[: query["limit"] + 1])
        results = AuditEntryOut(entries[: query["limit"]], many=True).data
        return Response(envelope(request, [entry.id for entry in entries], results, limit=query["limit"]))


@extend_schema(tags=["Audit"])
class SecretUsesView(BaseSecretView):
    permissions = {"GET": Permission.SECRET_VIEW}
    query_serializers = {"GET": CursorQuery}
    problem_statuses = {"GET": [403]}

    @extend_schema(operation_id="listSecretUses", summary="Who used a secret, and when", responses=UsePage)
    def get(self, request: Request, secret_id: UUID) -> Response:
        """Each time that the value was given out, newest first; the first of them is the last use."""
        secret, limit = self.visible_secret(secret_id), self.query["limit"]
        uses = ExposedSecret.objects.filter(secret_id=secret.id)
        if "cursor" in self.query:
            uses = uses.filter(entry_id__lt=id_in(self.query["cursor"]))
        found = list(uses.order_by("-entry_id").values_list("entry_id", flat=True)[: limit + 1])
        entries = AuditEntry.objects.filter(id__in=found[:limit]).order_by("-id")
        results = UseOut(entries, many=True, context={"secret_id": secret.id}).data
        return Response(envelope(request, found, results, limit=limit))


def _matching(rows: AuditEntryQuerySet, query: dict[str, Any]) -> AuditEntryQuerySet:
    columns = {column: query[name] for name, column in COLUMNS.items() if name in query}
    if "cursor" in query:
        columns["id__lt"] = id_in(query["cursor"])
    rows = rows.filter(**columns)
    if "secret_id" in query:
        rows = rows.concerning(query["secret_id"])
    if "since" in query:
        rows = rows.since(query["since"])
    return rows.until(query["until"]) if "until" in query else rows
