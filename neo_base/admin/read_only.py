"""Admin pages on which rows are looked at, or revoked, and never edited."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_permission_codename
from django.http import HttpRequest

from neo_base.admin.action_admin import ActionAdmin


class ReadOnlyAdmin(ActionAdmin):
    """A page whose rows operators can view, and neither add, change nor delete."""

    actions = []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse on the model's own pages. Deleting a project or a user asks here, too, and takes its rows along."""
        return not self.is_asked_by_own_page(request) and super().has_delete_permission(request, obj)


class RevocableAdmin(ReadOnlyAdmin):
    """A read-only page with an action `revoke`, which subclasses declare with `permissions=["revoke"]`.

    Nothing is added here: the page would have to show the new credential to somebody whom it is not for.
    """

    actions = ["revoke"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Return whether the operator holds Django's permission to change this model."""
        return request.user.has_perm(f"{self.opts.app_label}.{get_permission_codename('change', self.opts)}")
