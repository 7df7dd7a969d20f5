"""The audit log in the Django admin: read-only, filtered by time, kind and object. Histories of objects link here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from neo_base.admin.changelists import BoundedChangeList
from neo_base.admin.links import link_to_list
from neo_base.admin.read_only import ReadOnlyAdmin
from neo_base.audit.catalogue import Outcome, catalogue
from neo_base.rest.languages import Text
from secrets_app.admin.attention import CHAINED_WITHIN
from secrets_app.admin.names import events_named, name_projects
from secrets_app.admin.owned import OwnedAdmin
from secrets_app.admin.personal import as_shown_to, names_personal_secrets
from secrets_app.admin.words import family_in_words, in_words
from secrets_app.audit.readers import without_hidden_subjects
from secrets_app.models import AuditEvent

SPANS = {"1": _("Past hour"), "24": _("Past 24 hours"), "168": _("Past 7 days"), "720": _("Past 30 days")}
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
    """One day, typed in. A text that is no day filters nothing."""

    title = _("day")
    parameter_name = "day"
    template = "secrets_app/admin/day_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("", "")]

    def choices(self, changelist: Any) -> Any:
        yield {"value": self.value() or "", "name": self.parameter_name}

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        day = _day(self.value() or "")
        return queryset if day is None else queryset.since(day[0]).until(day[1])


class KindFilter(admin.SimpleListFilter):
    """The first word of the event, or `refused` for every refused attempt. Both use the index of events."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("refused", _("Refused")), *((family, family_in_words(family)) for family in _families())]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        kind = self.value()
        if not kind:
            return queryset
        events = catalogue.values()
        if kind == "refused":
            return queryset.filter(event__in=[event.name for event in events if event.outcome == Outcome.REFUSED])
        return queryset.filter(event__in=[event.name for event in events if _family(event.name) == kind])


class ChainFilter(admin.SimpleListFilter):
    title = _("chain")
    parameter_name = "chained"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("no", _("Not chained yet")), ("late", _("Not chained for an hour"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "no":
                return queryset.filter(block=None)
            case "late":
                return queryset.filter(block=None).until(timezone.now() - CHAINED_WITHIN)
        return queryset


class AuditEventList(BoundedChangeList):
    """The list of audit events, as the operator may see them, with the names of their projects."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = as_shown_to(request.user, self.result_list)
        name_projects(self.model_admin.admin_site, request, self.result_list)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin, OwnedAdmin):
    class Media:
        js = ["secrets_app/day_filter.js"]

    fields = readonly_fields = SHOWN
    list_display = ["when", "what", "who", "subject", "project_link", "address"]
    sortable_by = ()
    list_filter = [SpanFilter, DayFilter, KindFilter, ChainFilter]
    search_fields = ["subject_id__exact", "actor_id__exact", "request_id__exact"]
    search_help_text = _("The exact name of a secret, project or user, or the id of a subject, actor or request.")
    allowed_lookups = frozenset({"hours", "day", "kind", "chained", "event", "subject_id", "actor_id", "project_id"})

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the events; without those by which a filter or search would tell that a hidden secret exists."""
        rows: Any = super().get_queryset(request)
        asked = _asked_ids(request)
        if not asked or names_personal_secrets(request.user):
            return rows
        return without_hidden_subjects(request.user, rows, asked)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        named = events_named(request.user, search_term)
        return (queryset.filter(named), False) if named else super().get_search_results(request, queryset, search_term)

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> AuditEvent | None:
        event = super().get_object(request, *args, **kwargs)
        if event is None:
            return None
        shown = as_shown_to(request.user, [event])
        name_projects(self.admin_site, request, shown)
        return shown[0]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedChangeList]:
        return AuditEventList

    @admin.display(description=pgettext_lazy("column of the audit log", "at"))
    def when(self, event: AuditEvent) -> str:
        return date_format(timezone.localtime(event.at), "Y-m-d H:i:s")

    @admin.display(description=_("event"))
    def what(self, event: AuditEvent) -> SafeString:
        kind = "bad" if event.outcome == Outcome.REFUSED else "plain"
        return format_html('<span class="secrets-badge secrets-badge-{}">{}</span>', kind, event.event)

    @admin.display(description=_("what happened"))
    def says(self, event: AuditEvent) -> str:
        registered = catalogue.get(event.event)
        return str(registered.says) if registered else ""

    @admin.display(description=pgettext_lazy("column of the audit log", "by"))
    def who(self, event: AuditEvent) -> str:
        label = event.actor_label or in_words(event.actor_kind)
        return self._all(label, actor_id=event.actor_id) if event.actor_id else label

    @admin.display(description=pgettext_lazy("column of the audit log", "with"))
    def credential(self, event: AuditEvent) -> str:
        return f"{in_words(event.credential_kind)} {event.credential_id}".strip()

    @admin.display(description=_("subject"))
    def subject(self, event: AuditEvent) -> str:
        label = event.subject_label or event.subject_id
        text = f"{in_words(event.subject_kind)} {label}" if label else ""
        return self._all(text, subject_id=event.subject_id) if event.subject_id else text

    @admin.display(description=_("project"))
    def project_link(self, event: AuditEvent) -> str:
        if event.project_id is None:
            return self.get_empty_value_display()
        return self._all(getattr(event, "project_name", str(event.project_id)[:8]), project_id=event.project_id)

    @admin.display(description=_("details"))
    def shown_data(self, event: AuditEvent) -> SafeString:
        return format_html_join(" · ", "{}: {}", ((name, _plain(value)) for name, value in sorted(event.data.items())))

    def _all(self, text: str, **filters: Any) -> str:
        return link_to_list(self.admin_site, AuditEvent, text, **filters)


def _asked_ids(request: HttpRequest) -> set[str]:
    """Return the ids that the list is filtered by or searched for. Django takes quotes off a searched word."""
    searched = request.GET.get(SEARCH_VAR, "").split()
    return {*request.GET.getlist("subject_id"), *(word.strip("\"'") for word in searched)}


def _family(name: str) -> str:
    return name.partition(".")[0]


def _families() -> list[str]:
    """Return the families of the registered events. Events of a removed app stay in the unfiltered list."""
    return sorted({_family(name) for name in catalogue})


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _day(text: str) -> tuple[datetime, datetime] | None:
    """Return the beginning of the day and its end, or None for what is no day or the last day of the calendar."""
    try:
        day = parse_date(text)
        if day is None:
            return None
        begin = timezone.make_aware(datetime(day.year, day.month, day.day))
        return begin, begin + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
