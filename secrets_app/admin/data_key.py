"""Data keys in the Django admin: to look at, never to change. Key material is not among the fields."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from projects.action_admin import ActionAdmin
from secrets_app.models import DataKey


@admin.register(DataKey)
class DataKeyAdmin(ActionAdmin):
    fields = ["id", "owner", "project", "master_key_id", "state", "seals", "created_at"]
    list_display = ["id", "owner", "project", "master_key_id", "state", "seals", "created_at"]
    list_filter = ["state", "master_key_id"]
    search_fields = ["=id", "=master_key_id"]
    list_select_related = ["owner", "project"]
    allowed_lookups = frozenset({"state__exact", "master_key_id"})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never from the pages of keys; deleting a project or a user asks here, too, and takes its keys along."""
        return not self.is_asked_by_own_page(request) and super().has_delete_permission(request, obj)
