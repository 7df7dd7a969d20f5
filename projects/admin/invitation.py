"""Invitations in the Django admin: to look at and to revoke. The token was mailed, and nobody here has it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from neo_base.admin.action_admin import REVOKED, ActionAdmin
from neo_base.admin.changelists import LinkedFilter
from projects import invitation_actions
from projects.models import Invitation


@admin.register(Invitation)
class InvitationAdmin(ActionAdmin):
    fields = ["email", "project", "role", "state", "invited_by", "created_at", "expires_at", "sent_at"]
    readonly_fields = ["email", "project", "role", "state", "invited_by", "created_at", "expires_at", "sent_at"]
    list_display = ["email", "project", "role", "state", "expires_at"]
    list_select_related = ["project"]
    list_filter = [("project", LinkedFilter)]
    search_fields = ["email", "project__name", "=project__id"]
    search_help_text = _("Part of an address or of a project's name.")
    sortable_by = ["email", "expires_at"]
    actions = ["revoke"]

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

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("projects.change_invitation")

    def has_add_permission(self, request: HttpRequest) -> bool:
        # An operator adds members; an invitation is the word of an admin of the project.
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never from the pages of invitations; deleting a project asks here, too, and takes its invitations along."""
        return not self.is_asked_by_own_page(request) and super().has_delete_permission(request, obj)
