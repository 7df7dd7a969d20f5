"""The admin pages of service tokens, on which operators view and revoke them. Of a token they show only the prefix."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from neo_base.admin.action_admin import REVOKED
from neo_base.admin.changelists import LinkedFilter
from neo_base.admin.links import link_to_list
from neo_base.admin.read_only import RevocableAdmin
from secrets_app.actions.tokens import revoke_token
from secrets_app.admin.filters import AttentionFilter, UsableFilter
from secrets_app.admin.owned import OwnedAdmin
from secrets_app.models import ServiceToken, TaskGrant

SHOWN = (
    *("name", "prefix", "state_badges", "user_link", "scope_list", "project_link"),
    *("created_at", "expires_at", "last_used_at", "revoked_at", "grants"),
)


@admin.register(ServiceToken)
class ServiceTokenAdmin(RevocableAdmin, OwnedAdmin):
    """The pages of service tokens."""

    fields = readonly_fields = SHOWN
    list_display = ["prefix", "name", "user_link", "project_link", "state_badges", "last_used_at"]
    sortable_by = ["name", "last_used_at"]
    list_select_related = ["user", "project"]
    list_filter = [
        AttentionFilter,
        UsableFilter,
        ("project", LinkedFilter),
        ("user", LinkedFilter),
    ]
    search_fields = ["name", "prefix"]
    search_help_text = _("Part of a name, or the first characters of a token.")
    allowed_lookups = frozenset({"attention", "usable"})

    @admin.display(description=_("task grants"))
    def grants(self, token: ServiceToken) -> str:
        return link_to_list(self.admin_site, TaskGrant, _("Grants created with this token"), service_token=token)

    @admin.action(description=_("Revoke the selected tokens"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ServiceToken]) -> None:
        actor = self.actor(request)
        live = queryset.filter(revoked_at=None)
        self.each(request, live, lambda token: revoke_token(actor=actor, token_id=token.pk), REVOKED)
