"""The former values of a secret, below it: when each was set, and its mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from secrets_app.admin.badges import mask
from secrets_app.masks import masked_value
from secrets_app.models import Secret, SecretVersion
from secrets_app.plaintext import BULLETS

if TYPE_CHECKING:
    _Inline = admin.TabularInline[SecretVersion, Secret]
else:
    _Inline = admin.TabularInline


class VersionInline(_Inline):
    model = SecretVersion
    verbose_name = _("former version")
    verbose_name_plural = _("former versions")
    fields = ["version", "shown_mask", "set_at"]
    readonly_fields = ["version", "shown_mask", "set_at"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[SecretVersion]:
        self.operator_id = request.user.pk
        rows: QuerySet[SecretVersion] = super().get_queryset(request)
        return rows.select_related("secret", "data_key")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("secrets_app.view_secret")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("mask"))
    def shown_mask(self, version: SecretVersion) -> SafeString:
        if version.secret.project_id is None and version.secret.user_id != self.operator_id:
            return mask(BULLETS)
        return mask(masked_value(version))
