"""The table of former versions on the page of a secret, with their masks and times."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from secrets_app.admin.badges import mask
from secrets_app.admin.inlines import ReadOnlyInline
from secrets_app.masks import masked_value
from secrets_app.models import SecretVersion
from secrets_app.plaintext import BULLETS


class VersionInline(ReadOnlyInline):
    """The table of former versions."""

    model = SecretVersion
    fields = readonly_fields = ("version", "shown_mask", "set_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SecretVersion]:
        self.operator_id = request.user.pk
        rows: QuerySet[SecretVersion] = super().get_queryset(request)
        return rows.select_related("secret", "data_key")

    @admin.display(description=_("mask"))
    def shown_mask(self, version: SecretVersion) -> SafeString:
        """Return the mask, or bullets alone for another user's personal secret."""
        if version.secret.project_id is None and version.secret.user_id != self.operator_id:
            return mask(BULLETS)
        return mask(None if version.is_damaged else masked_value(version))
