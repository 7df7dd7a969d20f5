"""What the pages of things that belong to somebody have in common."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from neo_base.admin.action_admin import ActionAdmin
from neo_base.admin.links import link_to
from secrets_app.admin.badges import badges


class OwnedAdmin(ActionAdmin):
    """Links to the owner, to the user and to the project, and what stands out."""

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

    def _link(self, row: Any) -> str:
        # Of a method that gives None, Django's forms show that very word.
        return link_to(self.admin_site, row) or self.get_empty_value_display()
