"""The record in the Django admin: to read, by date, kind and whom it concerns. Histories of objects lead here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from neo_base.admin.links import link_to_list
from neo_base.admin.read_only import ReadOnlyAdmin
from neo_base.rest.languages import Text
from secrets_app.admin.attention import SEALED_WITHIN
from secrets_app.admin.owned import OwnedAdmin
from secrets_app.admin.words import family_in_words, in_words
from secrets_app.audit.events import EVENTS
from secrets_app.models import AuditEntry
from secrets_app.models.audit import Outcome

SPANS = {"1": _("Past hour"), "24": _("Past 24 hours"), "168": _("Past 7 days"), "720": _("Past 30 days")}
DENIALS = [event.name for event in EVENTS.values() if event.outcome == Outcome.DENIED]
FAMILIES = sorted({name.partition(".")[0] for name in EVENTS})
SHOWN = (
    *("when", "event", "outcome", "says", "who", "credential", "address", "request_id"),
    *("subject", "project_link", "shown_data", "id", "block"),
)


class SpanFilter(admin.SimpleListFilter):
    title = _("time")
    parameter_name = "hours"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return list(SPANS.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        hours = self.value()
        return queryset.since(timezone.now() - timedelta(hours=int(hours))) if hours in SPANS else queryset


class DayFilter(admin.SimpleListFilter):
    """One day, typed in. What is no day shows nothing left out."""

    title = _("day")
    parameter_name = "day"
    template = "secrets_app/admin/day_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("", "")]

    def choices(self, changelist: Any) -> Any:
        yield {"value": self.value() or "", "name": self.parameter_name}

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        day = _day(self.value() or "")
        return queryset if day is None else queryset.since(day).until(day + timedelta(days=1))


class KindFilter(admin.SimpleListFilter):
    """By the first word of the event; `denied` for whatever was refused. The index of events serves both."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("denied", _("Denied")), *((family, family_in_words(family)) for family in FAMILIES)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        kind = self.value()
        if kind == "denied":
            return queryset.filter(event__in=DENIALS)
        return queryset.filter(event__in=[name for name in EVENTS if name.startswith(f"{kind}.")]) if kind else queryset


class SealedFilter(admin.SimpleListFilter):
    title = _("seal")
    parameter_name = "sealed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("no", _("Not sealed yet")), ("late", _("Not sealed for an hour"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "no":
                return queryset.filter(block=None)
            case "late":
                return queryset.filter(block=None).until(timezone.now() - SEALED_WITHIN)
        return queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin, OwnedAdmin):
    class Media:
        js = ["secrets_app/day_filter.js"]

    fields = readonly_fields = SHOWN
    list_display = ["when", "what", "who", "subject", "project_link", "address"]
    sortable_by = ()
    list_filter = [SpanFilter, DayFilter, KindFilter, SealedFilter]
    search_fields = ["subject_id__exact", "actor_id__exact", "request_id__exact"]
    search_help_text = _("The whole id of what it tells of, of who acted, or of the request.")
    allowed_lookups = frozenset({"hours", "day", "kind", "sealed", "event", "subject_id", "actor_id", "project_id"})

    @admin.display(description=pgettext_lazy("column of the audit", "at"))
    def when(self, entry: AuditEntry) -> str:
        return date_format(timezone.localtime(entry.at), "Y-m-d H:i:s")

    @admin.display(description=_("event"))
    def what(self, entry: AuditEntry) -> SafeString:
        kind = "bad" if entry.outcome == Outcome.DENIED else "plain"
        return format_html('<span class="secrets-badge secrets-badge-{}">{}</span>', kind, entry.event)

    @admin.display(description=_("what happened"))
    def says(self, entry: AuditEntry) -> str:
        event = EVENTS.get(entry.event)
        return str(event.says) if event else ""

    @admin.display(description=pgettext_lazy("column of the audit", "by"))
    def who(self, entry: AuditEntry) -> str:
        label = entry.actor_label or in_words(entry.actor_kind)
        return self._all(label, actor_id=entry.actor_id) if entry.actor_id else label

    @admin.display(description=pgettext_lazy("column of the audit", "with"))
    def credential(self, entry: AuditEntry) -> str:
        return f"{in_words(entry.credential_kind)} {entry.credential_id}".strip()

    @admin.display(description=_("what it tells of"))
    def subject(self, entry: AuditEntry) -> str:
        label = entry.subject_label or entry.subject_id
        return self._all(f"{in_words(entry.subject_kind)} {label}", subject_id=entry.subject_id) if label else ""

    @admin.display(description=_("project"))
    def project_link(self, entry: AuditEntry) -> str:
        if entry.project_id is None:
            return self.get_empty_value_display()
        return self._all(str(entry.project_id)[:8], project_id=entry.project_id)

    @admin.display(description=_("details"))
    def shown_data(self, entry: AuditEntry) -> SafeString:
        return format_html_join(" · ", "{}: {}", ((name, _plain(value)) for name, value in sorted(entry.data.items())))

    def _all(self, text: str, **filters: Any) -> str:
        return link_to_list(self.admin_site, AuditEntry, text, **filters)


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _day(text: str) -> datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return None if day is None else timezone.make_aware(datetime(day.year, day.month, day.day))
