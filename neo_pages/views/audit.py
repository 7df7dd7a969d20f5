"""The audit log: of one's own things, and for admins that of a project."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from neo_base.audit.catalogue import catalogue
from neo_pages.access import PageRequest, signed_in
from neo_pages.forms.audit import AuditForm
from neo_pages.owners import NamedOwner, named_owner
from neo_pages.uses import MEANS
from secrets_app.audit.readers import concerning_for, shown_to
from secrets_app.models import AuditEvent, Secret
from secrets_app.models.audit import AuditEventQuerySet
from secrets_app.policies import Permission, require

PER_PAGE = 50


@signed_in
def personal_log(request: PageRequest) -> HttpResponse:
    return _log(request, named_owner(request.actor, None))


@signed_in
def project_log(request: PageRequest, project_id: UUID) -> HttpResponse:
    named = named_owner(request.actor, project_id)
    require(request.actor, Permission.AUDIT_VIEW, named.owner)
    return _log(request, named)


def _log(request: PageRequest, named: NamedOwner) -> HttpResponse:
    form = AuditForm(request.GET)
    everything, project_id = AuditEvent.objects.all(), named.project_id
    rows = everything.of_user(request.user) if project_id is None else everything.of_project(project_id)
    if form.is_valid():
        rows = _matching(request, named, rows, form.cleaned_data)
    before = _id_or_none(request.GET.get("before", ""))
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows.order_by("-id")[: PER_PAGE + 1])
    query = request.GET.copy()
    if len(found) > PER_PAGE:
        query["before"] = str(found[PER_PAGE - 1].id)
    context = {
        "named": named,
        "form": form,
        "events": [_in_words(event) for event in shown_to(request.user, found[:PER_PAGE])],
        "next": query.urlencode() if len(found) > PER_PAGE else "",
    }
    return render(request, "neo_pages/audit.html", context)


def _matching(
    request: PageRequest, named: NamedOwner, rows: AuditEventQuerySet, asked: Mapping[str, Any]
) -> AuditEventQuerySet:
    if asked["event"]:
        rows = rows.filter(event=asked["event"])
    if asked["who"]:
        rows = rows.filter(actor_label=asked["who"])
    if asked["name"]:
        secret = Secret.objects.owned_by(named.owner).filter(name=asked["name"]).values_list("pk", flat=True).first()
        if secret is None:
            rows = rows.filter(subject_label=asked["name"])
        else:
            rows = concerning_for(request.user, rows, secret, named.project_id)
    if asked["since"]:
        rows = rows.since(_start_of(asked["since"]))
    return rows.until(_start_of(asked["until"] + timedelta(days=1))) if asked["until"] else rows


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _in_words(event: AuditEvent) -> dict[str, Any]:
    """Return what a row shows. An event of an app that is gone has its name alone."""
    says = catalogue[event.event].says if event.event in catalogue else event.event
    data = {key: value for key, value in event.data.items() if key not in ("secrets", "set", "fingerprint", "terms")}
    return {
        "event": event,
        "says": says,
        "by": MEANS.get(event.credential_kind, event.credential_kind),
        "secrets": [each["name"] for each in event.data.get("secrets", ())],
        "data": [
            (key, ", ".join(map(str, value)) if isinstance(value, list) else value) for key, value in data.items()
        ],
    }


def _id_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
