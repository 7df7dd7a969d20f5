"""The pages of devices, to view and to delete. The library's own pages show keys and codes and search for them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from neo_base.admin.changelists import BoundedInput

admin.site.unregister([TOTPDevice, StaticDevice])


@admin.register(TOTPDevice, StaticDevice)
class DeviceAdmin(BoundedInput):
    """Devices with their users and last uses. `manage.py add_totp` and `manage.py addstatictoken` add them."""

    list_display = ["user", "name", "confirmed", "created_at", "last_used_at"]
    fields = ["user", "name", "confirmed", "created_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = [f"user__{get_user_model().USERNAME_FIELD}"]
    ordering = ["-created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
