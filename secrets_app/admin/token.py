"""Service tokens in the Django admin: to look at and to revoke. Of the token itself only the prefix is known."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from projects.action_admin import ActionAdmin
from secrets_app import token_actions
from secrets_app.models import ServiceToken


@admin.register(ServiceToken)
class ServiceTokenAdmin(ActionAdmin):
    fields = ["name", "prefix", "owner", "scopes", "project", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_display = ["prefix", "name", "owner", "project", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["owner", "project"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "prefix"]
    allowed_lookups = frozenset({"revoked_at__isempty"})
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        # A token made here would have to be shown here, to somebody who is not its owner.
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    @admin.action(description="Revoke the selected tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ServiceToken]) -> None:
        live = queryset.filter(revoked_at=None)
        count = len([token_actions.revoke_token(actor=self.actor(request), token_id=row.pk) for row in live])
        messages.success(request, f"{count} revoked.")
