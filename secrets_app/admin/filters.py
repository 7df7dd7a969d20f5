"""By what the lists can be filtered."""

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
    "too_short_to_mask": _("Too short to mask"),
    "unused": format_lazy(_("Unused for {days} days"), days=UNUSED_AFTER.days),
}
"""What an operator should look at: the name of a method of the query set, and the words for it."""


class OwnerFilter(admin.SimpleListFilter):
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


class AttentionFilter(admin.SimpleListFilter):
    title = _("what needs attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        known = model_admin.model._default_manager.all()
        return [(name, text) for name, text in ATTENTION.items() if hasattr(known, name)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return getattr(queryset, value)() if value in dict(self.lookup_choices) else queryset
