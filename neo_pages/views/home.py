"""The first page: who you are, whose secrets you see, what needs a look, and what to try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from neo_pages.access import PageRequest, signed_in
from neo_pages.owners import NamedOwner, owners_on
from secrets_app.models import Secret
from secrets_app.models.secret import EXPIRES_SOON


@dataclass(frozen=True)
class Overview:
    """One owner on the first page: how many secrets it has, and how many of them need a look."""

    named: NamedOwner
    counts: Mapping[str, int]


@signed_in
def home(request: PageRequest) -> HttpResponse:
    counts = _counts(request)
    overviews = [Overview(named, counts.get(named.project_id, {})) for named in owners_on(request)]
    context = {"overviews": overviews, "has_secrets": bool(counts)}
    return render(request, "neo_pages/home.html", context)


def _counts(request: PageRequest) -> dict[UUID | None, Mapping[str, int]]:
    """Return the numbers of each owner with secrets, by project id; of one's own under None. Costs one query."""
    now = timezone.now()
    rows: Any = (
        Secret.objects.visible_to(request.actor)
        .order_by()
        .values("project_id")
        .annotate(
            total=Count("pk"),
            always_on=Count("pk", filter=Q(default_available=True)),
            quarantined=Count("pk", filter=~Q(quarantine_reason="")),
            expired=Count("pk", filter=Q(expires_at__lte=now)),
            expiring=Count("pk", filter=Q(expires_at__gt=now, expires_at__lte=now + EXPIRES_SOON)),
        )
    )
    return {row["project_id"]: row for row in rows}
