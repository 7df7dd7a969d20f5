"""Devices to look at and to take away. The library's own pages show keys and codes, and let them be searched for."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

admin.site.unregister([TOTPDevice, StaticDevice])


@admin.register(TOTPDevice, StaticDevice)
class DeviceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Not generic at run time.
    """Whose, and when it was used. Made on the command line, `manage.py add_totp` and `manage.py addstatictoken`."""

    list_display = ["user", "name", "confirmed", "created_at", "last_used_at"]
    fields = ["user", "name", "confirmed", "created_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = [f"user__{get_user_model().USERNAME_FIELD}"]
    ordering = ["-created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        # Django allows any lookup on a model's own fields, by which a key could be guessed letter by letter.
        return False
