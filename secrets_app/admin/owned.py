"""The base class of admin pages whose rows have an owner."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from neo_base.admin.action_admin import ActionAdmin
from neo_base.admin.links import link_to
from secrets_app.admin.badges import badges


class OwnedAdmin(ActionAdmin):
    """A page with columns for the owner, the user and the project, and with badges for the state."""

    class Media:
        css = {"all": ["secrets_app/admin.css"]}

    @admin.display(description=_("owner"))
    def owner_link(self, row: Any) -> str:
        return self._link(row.project or row.user)

    @admin.display(description=_("user"))
    def user_link(self, row: Any) -> str:
        return self._link(row.user)

    @admin.display(description=_("project"))
    def project_link(self, row: Any) -> str:
        return self._link(row.project)

    @admin.display(description=_("state"))
    def state_badges(self, row: Any) -> SafeString:
        return badges(row)

    @admin.display(description=_("scopes"))
    def scope_list(self, row: Any) -> str:
        return ", ".join(row.scopes) or self.get_empty_value_display()

    def _link(self, row: Any) -> str:
        # If a method returns None, Django shows "None" on the page of a row.
        return link_to(self.admin_site, row) or self.get_empty_value_display()
