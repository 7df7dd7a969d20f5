"""The admin pages of invitations: operators send, view and revoke them.

A token is mailed and not stored. Where the site sends no mail, the operator sees its link once, to pass it on.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from neo_base import mail
from neo_base.access.roles import Role
from neo_base.admin.action_admin import REVOKED
from neo_base.admin.changelists import LinkedFilter
from neo_base.admin.read_only import RevocableAdmin
from projects import invitation_actions, invitation_mail
from projects.models import Invitation

ASKED = ("project", "email", "role")
SHOWN = ("email", "project", "role", "state", "invited_by", "created_at", "expires_at", "sent_at")


@admin.register(Invitation)
class InvitationAdmin(RevocableAdmin):
    list_display = ["email", "project", "role", "state", "expires_at"]
    list_select_related = ["project"]
    list_filter = [("project", LinkedFilter)]
    autocomplete_fields = ["project"]
    search_fields = ["email", "project__name", "=project__id"]
    search_help_text = _("Search by part of an address or project name, or by project id.")
    sortable_by = ["email", "expires_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_revoke_permission(request)

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        return ASKED if obj is None else SHOWN

    def get_readonly_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        return () if obj is None else SHOWN

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

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        asked = {"actor": self.actor(request), "project_id": obj.project_id, "email": obj.email, "role": Role(obj.role)}
        site = request.build_absolute_uri("/").rstrip("/")
        if mail.is_on():
            made = invitation_actions.invite(**asked, site=site)
        else:
            new = invitation_actions.invite_by_link(**asked)
            made, obj.link_to_pass_on = new.row, invitation_mail.link(new.token, site) or new.token
        obj.pk, obj._state.adding = made.pk, False

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Show the link once, if the site sends no mail; it is in no address and no message."""
        link = getattr(obj, "link_to_pass_on", "")
        if not link:
            return super().response_add(request, obj, post_url_continue)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "invitation": obj, "link": link}
        request.current_app = self.admin_site.name
        page = TemplateResponse(
            request, "projects/admin/invitation_link.html", context | {"title": gettext("Link of the invitation")}
        )
        page.headers["Cache-Control"] = "no-store"
        return page
