"""The admin page of invitations, which operators can view and revoke. Their tokens were mailed and are not stored."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from neo_base.admin.action_admin import REVOKED
from neo_base.admin.changelists import LinkedFilter
from neo_base.admin.read_only import RevocableAdmin
from projects import invitation_actions
from projects.models import Invitation


@admin.register(Invitation)
class InvitationAdmin(RevocableAdmin):
    fields = ["email", "project", "role", "state", "invited_by", "created_at", "expires_at", "sent_at"]
    readonly_fields = ["email", "project", "role", "state", "invited_by", "created_at", "expires_at", "sent_at"]
    list_display = ["email", "project", "role", "state", "expires_at"]
    list_select_related = ["project"]
    list_filter = [("project", LinkedFilter)]
    search_fields = ["email", "project__name", "=project__id"]
    search_help_text = _("Search by part of an address or project name, or by project id.")
    sortable_by = ["email", "expires_at"]

    @admin.display(description=_("state"))
    def state(self, invitation: Invitation) -> str:
        return str(invitation.state.label)

    @admin.action(description=_("Revoke the selected invitations"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        def revoke(row: Invitation) -> None:
            invitation_actions.revoke_invitation(
                actor=self.actor(request), project_id=row.project_id, invitation_id=row.pk
            )

        unanswered = Invitation.objects.unanswered().filter(pk__in=queryset.values("pk"))
        self.each(request, unanswered, revoke, REVOKED)
