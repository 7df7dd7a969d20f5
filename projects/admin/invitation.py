"""Invitations in the Django admin: to look at and to revoke. The token was mailed, and nobody here has it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from projects import invitation_actions
from projects.action_admin import ActionAdmin
from projects.models import Invitation


@admin.register(Invitation)
class InvitationAdmin(ActionAdmin):
    fields = ["email", "project", "role", "state", "invited_by", "created_at", "expires_at", "sent_at"]
    readonly_fields = ["email", "project", "role", "state", "invited_by", "created_at", "expires_at", "sent_at"]
    list_display = ["email", "project", "role", "state", "expires_at"]
    list_select_related = ["project"]
    search_fields = ["email", "project__name", "=project__id"]
    actions = ["revoke"]

    @admin.display(description="state")
    def state(self, invitation: Invitation) -> str:
        return invitation.state.label

    @admin.action(description="Revoke the selected invitations", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        unanswered = Invitation.objects.unanswered().filter(pk__in=queryset.values("pk"))
        for row in unanswered:
            invitation_actions.revoke_invitation(
                actor=self.actor(request), project_id=row.project_id, invitation_id=row.pk
            )
        messages.success(request, f"{len(unanswered)} revoked.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("projects.change_invitation")

    def has_add_permission(self, request: HttpRequest) -> bool:
        # An operator adds members; an invitation is the word of an admin of the project.
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never from the pages of invitations; deleting a project asks here, too, and takes its invitations along."""
        match = request.resolver_match
        asked_by_own_page = match is None or (match.url_name or "").startswith("projects_invitation_")
        return not asked_by_own_page and super().has_delete_permission(request, obj)
