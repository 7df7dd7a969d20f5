"""Data keys and master keys in the Django admin: read-only, and without key material."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from neo_base.admin.changelists import LinkedFilter
from neo_base.admin.links import link_to_list
from neo_base.admin.read_only import ReadOnlyAdmin
from neo_base.rest.languages import Text
from secrets_app.admin.owned import OwnedAdmin
from secrets_app.master_keys import data_keys_to_rotate
from secrets_app.models import DataKey, KeyCheckValue, Secret


class MasterKeyFilter(admin.SimpleListFilter):
    title = _("master key")
    parameter_name = "master_key"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("former", _("Former master key"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset & data_keys_to_rotate() if self.value() == "former" else queryset


@admin.register(DataKey)
class DataKeyAdmin(ReadOnlyAdmin, OwnedAdmin):
    fields = readonly_fields = (
        *("id", "owner_link", "master_key_id", "state_badges"),
        *("seals", "created_at", "sealed_with_it"),
    )
    list_display = ["id", "owner_link", "master_key_id", "state_badges", "seals", "created_at"]
    sortable_by = ["created_at", "seals"]
    list_filter = ["state", MasterKeyFilter, ("project", LinkedFilter), ("user", LinkedFilter)]
    search_fields = ["=id", "=master_key_id"]
    search_help_text = _("Exact id of a data key or master key.")
    list_select_related = ["user", "project"]
    allowed_lookups = frozenset({"state__exact", "master_key", "master_key_id"})

    @admin.display(description=_("secrets"))
    def sealed_with_it(self, key: DataKey) -> str:
        return link_to_list(self.admin_site, Secret, _("Sealed by it"), data_key=key)


@admin.register(KeyCheckValue)
class MasterKeyAdmin(ReadOnlyAdmin, OwnedAdmin):
    """The master keys that were used and not retired, each by the row of its key check value."""

    fields = readonly_fields = ("master_key_id", "state_badges", "created_at", "active", "retiring")
    list_display = ["master_key_id", "state_badges", "active", "retiring", "created_at"]
    sortable_by = ["created_at"]

    @admin.display(description=_("active data keys"))
    def active(self, key: KeyCheckValue) -> str:
        return self._data_keys(key, DataKey.State.ACTIVE)

    @admin.display(description=_("retiring data keys"))
    def retiring(self, key: KeyCheckValue) -> str:
        return self._data_keys(key, DataKey.State.RETIRING)

    def _data_keys(self, key: KeyCheckValue, state: DataKey.State) -> str:
        filters = {"master_key_id": key.master_key_id, "state__exact": state}
        return link_to_list(self.admin_site, DataKey, gettext("%(state)s under it") % {"state": state.label}, **filters)
