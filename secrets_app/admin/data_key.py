"""Data keys and master keys in the Django admin: to look at, never to change. Key material is not among the fields."""

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
from secrets_app.models import DataKey, KeyCanary, Secret


class MasterKeyFilter(admin.SimpleListFilter):
    title = _("master key")
    parameter_name = "master_key"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [("former", _("A former one"))]

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
    search_help_text = _("The whole id of a data key or of a master key.")
    list_select_related = ["user", "project"]
    allowed_lookups = frozenset({"state__exact", "master_key", "master_key_id"})

    @admin.display(description=_("secrets"))
    def sealed_with_it(self, key: DataKey) -> str:
        return link_to_list(self.admin_site, Secret, _("Those that it seals"), data_key=key)


@admin.register(KeyCanary)
class MasterKeyAdmin(ReadOnlyAdmin, OwnedAdmin):
    """One row for each master key that was ever used: the canary by which a wrong key is noticed at the start."""

    fields = readonly_fields = ("master_key_id", "state_badges", "created_at", "active", "retiring")
    list_display = ["master_key_id", "state_badges", "active", "retiring", "created_at"]
    sortable_by = ["created_at"]

    @admin.display(description=_("active data keys"))
    def active(self, key: KeyCanary) -> str:
        return self._data_keys(key, DataKey.State.ACTIVE)

    @admin.display(description=_("retiring data keys"))
    def retiring(self, key: KeyCanary) -> str:
        return self._data_keys(key, DataKey.State.RETIRING)

    def _data_keys(self, key: KeyCanary, state: DataKey.State) -> str:
        filters = {"master_key_id": key.master_key_id, "state__exact": state}
        return link_to_list(self.admin_site, DataKey, gettext("%(state)s under it") % {"state": state.label}, **filters)
