"""Inline tables of rows that operators only look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

if TYPE_CHECKING:
    _Inline = admin.TabularInline[Any, Any]
else:
    _Inline = admin.TabularInline


class ReadOnlyInline(_Inline):
    """A table that shows to everybody who may view the page's own row, and lets nobody change anything."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        meta = self.parent_model._meta
        return request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
