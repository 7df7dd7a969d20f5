"""The table of former versions on the page of a secret, with their masks and times, and links that restore them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from secrets_app.admin.badges import mask
from secrets_app.admin.inlines import ReadOnlyInline
from secrets_app.masks import masked_value
from secrets_app.models import SecretVersion
from secrets_app.plaintext import BULLETS


class VersionInline(ReadOnlyInline):
    """The table of former versions."""

    model = SecretVersion
    fields = readonly_fields = ("version", "shown_mask", "set_at", "restore")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SecretVersion]:
        self.operator = request.user
        rows: QuerySet[SecretVersion] = super().get_queryset(request)
        return rows.select_related("secret", "data_key")

    @admin.display(description=_("mask"))
    def shown_mask(self, version: SecretVersion) -> SafeString:
        return mask_shown_to(self.operator, version)

    @admin.display(description=_("restore"))
    def restore(self, version: SecretVersion) -> str:
        """Return a link to the page that asks, if the operator may change secrets."""
        if not self.operator.has_perm("secrets_app.change_secret"):
            return ""
        args, site = [version.secret_id, version.version], self.admin_site.name
        address = reverse("admin:secrets_app_secret_restore", args=args, current_app=site)
        text = gettext("Restore version %(version)d") % {"version": version.version}
        return format_html('<a class="secrets-restore" href="{}">{}</a>', address, text)


def mask_shown_to(operator: Any, version: SecretVersion) -> SafeString:
    """Return the mask, or bullets alone for another user's personal secret."""
    if version.secret.project_id is None and version.secret.user_id != operator.pk:
        return mask(BULLETS)
    return mask(None if version.is_damaged else masked_value(version))
