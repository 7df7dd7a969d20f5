"""The page that asks before a former version of a secret becomes the current one. It shows masks alone."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext

from neo_base.admin.action_admin import show_refusal
from secrets_app.actions.secrets import restore_version
from secrets_app.admin.owned import OwnedAdmin
from secrets_app.admin.versions import mask_shown_to
from secrets_app.models import Secret, SecretVersion

RESTORE = "secrets_app_secret_restore"


class RestoresVersions(OwnedAdmin):
    """The part of a secret's pages that restores former versions."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.restore_view)
        return [path("<path:object_id>/versions/<int:version>/restore/", view, name=RESTORE), *super().get_urls()]

    def restore_view(self, request: HttpRequest, object_id: str, version: int) -> HttpResponse:
        """Ask on GET, and restore on POST. Both need the permission to change secrets."""
        return show_refusal(self._restore_view, request, object_id, version)

    def _restore_view(self, request: HttpRequest, object_id: str, version: int) -> HttpResponse:
        secret = self.get_object(request, object_id)
        if not self.has_change_permission(request, secret):
            raise PermissionDenied
        row = None if secret is None else secret.former_versions.filter(version=version).first()
        if row is None:
            raise Http404
        if request.method == "POST":
            return self._restore(request, secret, version)
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "secrets_app/admin/restore.html", self._context(request, secret, row))

    def _restore(self, request: HttpRequest, secret: Secret, version: int) -> HttpResponse:
        restored = restore_version(actor=self.actor(request), secret_id=secret.pk, version=version)
        said = gettext("%(name)s has the value of version %(version)d again, as version %(current)d.")
        messages.success(request, said % {"name": secret.name, "version": version, "current": restored.version})
        site = self.admin_site.name
        return HttpResponseRedirect(reverse("admin:secrets_app_secret_change", args=[secret.pk], current_app=site))

    def _context(self, request: HttpRequest, secret: Secret, row: SecretVersion) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": secret,
            "version": row,
            "owner": secret.project or secret.user,
            "mask": mask_shown_to(request.user, row),
            "title": gettext("Restore version %(version)d") % {"version": row.version},
        }
