from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from neo_site.signin.actions import revoke_sessions
from neo_site.signin.models import Session, SessionQuerySet
from projects.action_admin import ActionAdmin


@admin.register(Session)
class SessionAdmin(ActionAdmin):
    """The pages of sessions, to view and to revoke. They show nothing of a token."""

    list_display = ["user", "created_at", "expires_at", "revoked_at"]
    fields = ["user", "created_at", "expires_at", "revoked_at"]
    readonly_fields = ["user", "created_at", "expires_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = [f"user__{get_user_model().USERNAME_FIELD}"]
    ordering = ["-created_at"]
    actions = ["revoke_selected"]
    # With any other lookup on the model, a hash could be guessed letter by letter.
    allowed_lookups = frozenset({"revoked_at__isempty"})

    @admin.action(description=_("Revoke selected sessions"), permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: SessionQuerySet) -> None:
        count = revoke_sessions(sessions=queryset, actor=self.actor(request))
        self.message_user(request, gettext("Revoked: %(count)d.") % {"count": count}, messages.SUCCESS)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("neo_signin.change_session")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        """Return False on the pages of sessions; deleting a user may still delete theirs."""
        return not self.is_asked_by_own_page(request) and super().has_delete_permission(request, obj)
