"""Users in the admin of this site."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from projects.models import Membership

if TYPE_CHECKING:
    _UserAdmin = UserAdmin[Any]
else:
    _UserAdmin = UserAdmin

admin.site.site_header = "Neo Secrets"
admin.site.site_title = "Neo Secrets"
admin.site.site_url = "/api/docs"
admin.site.unregister(get_user_model())


@admin.register(get_user_model())
class SiteUserAdmin(_UserAdmin):
    """Says before the deletion, and not by an error after it, that a project would lose its only admin."""

    list_display = ("username", "email", "last_login", "is_active", "is_staff")

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        to_delete, counts, missing, protected = super().get_deleted_objects(objs, request)  # type: ignore[arg-type]
        blocking = Membership.objects.last_admins(list(objs)).select_related("project")
        return to_delete, counts, missing, [*protected, *(f"Only admin of {row.project}" for row in blocking)]
