"""The audit API: the events of a project, for its admins, and of their own things, for every user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from neo_base import quick_way
from neo_base.access.standing import Question
from neo_base.rest.cursor_pagination import CursorQuery, envelope, id_in
from neo_base.rest.documentation import extend_schema
from secrets_app.api.audit_serializers import AuditPage, AuditQuery, UseOut, UsePage
from secrets_app.api.base import PolicyView, named_project_ids
from secrets_app.api.etags import has, not_modified, page_etag, unless_known
from secrets_app.api.questions import log_in, own_log, role_and_log
from secrets_app.api.shapes import event_out
from secrets_app.api.views import BaseSecretView
from secrets_app.audit.readers import concerning_for, exposures_of, shown_to
from secrets_app.models import AuditEvent
from secrets_app.models.audit import AuditEventQuerySet
from secrets_app.models.shown_event import shown_events
from secrets_app.policies import Permission

COLUMNS = {"event": "event", "actor": "actor_id"}


@extend_schema(tags=["Audit"])
class AuditView(PolicyView):
    permissions = {"GET": Permission.AUDIT_VIEW}
    query_serializers = {"GET": AuditQuery}
    problem_statuses = {"GET": [403]}

    def question(self) -> Question:
        """Ask for the ends of the log, and for the role in its project."""
        project_id = next(self.requested_project_ids(), None)
        return own_log() if project_id is None else role_and_log(project_id)

    def requested_project_ids(self) -> Iterator[UUID]:
        return named_project_ids([self.request.query_params])

    @extend_schema(operation_id="listAudit", summary="Read the audit log", responses={200: AuditPage, 304: None})
    def get(self, request: Request) -> Response:
        """List audit events, newest first: of the caller's own secrets, tokens, grants and sessions, or of a project.

        `project_id` is for admins of the project. No event holds a value. Other members' personal secrets that a task
        of the project got are counted in `personal_secrets`, and not named.
        Send the `ETag` back as `If-None-Match`, and a page of a log to which nothing was added is 304.
        """
        query, log = self.query, log_in(self.standing)
        quick_way.note("audit page", is_quick=log is not None)
        etag = None if log is None else page_etag(request, log)
        if etag is not None and has(request, etag):
            return not_modified(etag)
        project_id = query.get("project_id")
        everything = AuditEvent.objects.all()
        rows = everything.of_user(request.user) if project_id is None else everything.of_project(project_id)
        if "secret_id" in query:
            rows = concerning_for(request.user, rows, query["secret_id"], project_id)
        events = shown_events(_matching(rows, query).order_by("-id")[: query["limit"] + 1])
        results = [event_out(event) for event in shown_to(request.user, events[: query["limit"]])]
        body = envelope(request, [event.id for event in events], results, limit=query["limit"])
        return unless_known(request, body, etag)


@extend_schema(tags=["Audit"])
class SecretUsesView(BaseSecretView):
    permissions = {"GET": Permission.SECRET_VIEW}
    query_serializers = {"GET": CursorQuery}
    problem_statuses = {"GET": [403]}

    @extend_schema(operation_id="listSecretUses", summary="Who used a secret, and when", responses=UsePage)
    def get(self, request: Request, secret_id: UUID) -> Response:
        """List each time that the value was given out, newest first; of a moved secret, since it moved here."""
        secret, limit = self.shown_secret(secret_id), self.query["limit"]
        before = id_in(self.query["cursor"]) if "cursor" in self.query else None
        found, events = exposures_of(secret.id, limit=limit, before=before)
        results = UseOut(events, many=True, context={"secret_id": secret.id}).data
        return Response(envelope(request, found, results, limit=limit))


def _matching(rows: AuditEventQuerySet, query: dict[str, Any]) -> AuditEventQuerySet:
    columns = {column: query[name] for name, column in COLUMNS.items() if name in query}
    if "cursor" in query:
        columns["id__lt"] = id_in(query["cursor"])
    rows = rows.filter(**columns)
    if "since" in query:
        rows = rows.since(query["since"])
    return rows.until(query["until"]) if "until" in query else rows
