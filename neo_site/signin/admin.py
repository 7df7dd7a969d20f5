from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from neo_base.admin.read_only import RevocableAdmin
from neo_site.signin.actions import revoke_sessions
from neo_site.signin.models import Session, SessionQuerySet


@admin.register(Session)
class SessionAdmin(RevocableAdmin):
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
