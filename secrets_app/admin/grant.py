"""The admin pages of task grants, on which operators view and revoke them. Of a token they show only the prefix."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from neo_base.admin.action_admin import REVOKED
from neo_base.admin.changelists import LinkedFilter
from neo_base.admin.links import link_to
from neo_base.admin.read_only import RevocableAdmin
from secrets_app.actions.grants import revoke_grant
from secrets_app.admin.filters import UsableFilter
from secrets_app.admin.inlines import ReadOnlyInline
from secrets_app.admin.owned import OwnedAdmin
from secrets_app.models import GrantedSecret, TaskGrant

SHOWN = (
    *("prefix", "state_badges", "task_id", "thread_id", "user_link", "project_link", "service_token"),
    *("scope_list", "latest", "use_count", "created_at", "expires_at", "last_used_at", "revoked_at"),
)


class GrantedInline(ReadOnlyInline):
    """The table of the secrets in a grant."""

    model = GrantedSecret
    fields = readonly_fields = ("secret_link", "owner_kind", "version", "reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GrantedSecret]:
        rows: QuerySet[GrantedSecret] = super().get_queryset(request)
        return rows.select_related("secret")

    @admin.display(description=_("name"))
    def secret_link(self, granted: GrantedSecret) -> str:
        return link_to(self.admin_site, granted.secret) or gettext("%(name)s (deleted)") % {"name": granted.name}


@admin.register(TaskGrant)
class TaskGrantAdmin(RevocableAdmin, OwnedAdmin):
    """The pages of task grants."""

    fields = readonly_fields = SHOWN
    inlines = [GrantedInline]
    list_display = ["prefix", "task_id", "user_link", "project_link", "state_badges", "use_count", "created_at"]
    sortable_by = ["created_at"]
    list_select_related = ["user", "project"]
    list_filter = [
        UsableFilter,
        ("project", LinkedFilter),
        ("user", LinkedFilter),
        ("service_token", LinkedFilter),
        ("granted__secret", LinkedFilter),
    ]
    search_fields = ["prefix__startswith", "task_id__startswith", "thread_id__startswith"]
    search_help_text = _("The first characters of a token, a task id or a thread id.")
    allowed_lookups = frozenset({"usable"})

    @admin.display(description=_("uses"))
    def use_count(self, grant: TaskGrant) -> str:
        if grant.max_uses is None:
            return str(grant.uses)
        return gettext("%(uses)d of %(most)d") % {"uses": grant.uses, "most": grant.max_uses}

    @admin.action(description=_("Revoke the selected grants"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[TaskGrant]) -> None:
        actor = self.actor(request)
        live = queryset.filter(revoked_at=None)
        self.each(request, live, lambda grant: revoke_grant(actor=actor, grant_id=grant.pk), REVOKED)
