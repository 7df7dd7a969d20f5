"""Filters of the admin's lists."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from neo_base.rest.languages import Text
from secrets_app.models.secret import EXPIRES_SOON, UNUSED_AFTER

ATTENTION = {
    "expired": _("Expired"),
    "expiring_soon": format_lazy(_("Expires within {days} days"), days=EXPIRES_SOON.days),
    "quarantined": _("Quarantined"),
    "damaged": _("Damaged"),
    "too_short_to_mask": _("Too short to redact"),
    "unused": format_lazy(_("Unused for {days} days"), days=UNUSED_AFTER.days),
}
"""Reasons to look at a row: the name of the queryset's method that finds such rows, and the text of the filter."""


class OwnerFilter(admin.SimpleListFilter):
    """The choice between personal secrets and those of projects."""

    title = _("owner")
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("personal", _("Personal")), ("project", _("Project"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "personal":
                return queryset.filter(project=None)
            case "project":
                return queryset.exclude(project=None)
        return queryset


class _BooleanFilter(admin.SimpleListFilter):
    """The choice between the values of a boolean column, with a title and texts of its own."""

    parameter_name: str

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{self.parameter_name: value == "1"}) if value in ("0", "1") else queryset


class AvailabilityFilter(_BooleanFilter):
    """The choice between secrets that every task of their owner gets, and those that a task must select."""

    title = _("availability")
    parameter_name = "default_available__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("1", _("By default")), ("0", _("Only if selected"))]


class CreatorFilter(_BooleanFilter):
    """The choice between secrets that agents created, and all others."""

    title = _("creator")
    parameter_name = "created_by_agent__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("1", _("Agent")), ("0", _("Person"))]


class UsableFilter(admin.SimpleListFilter):
    """The choice between tokens or grants that work, and those that have ended: expired, revoked or used up."""

    title = _("state")
    parameter_name = "usable"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("yes", _("Usable")), ("no", _("Ended"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "yes":
                return queryset.usable()
            case "no":
                return queryset.exclude(pk__in=queryset.model.objects.usable().values("pk"))
        return queryset


class AttentionFilter(admin.SimpleListFilter):
    """The choice of one reason in `ATTENTION`. A list offers those for which its queryset has a method."""

    title = _("attention needed")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        rows = model_admin.model._default_manager.all()
        return [(name, text) for name, text in ATTENTION.items() if hasattr(rows, name)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return getattr(queryset, value)() if value in dict(self.lookup_choices) else queryset
