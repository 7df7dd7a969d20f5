"""The page that gives a secret another name, another project, or both, over the action that the API has for it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import modelform_factory
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException

from neo_base.admin.action_admin import show_refusal
from secrets_app.actions.moves import edit_secret
from secrets_app.admin.owned import OwnedAdmin
from secrets_app.models import Secret
from secrets_app.owners import Owner
from secrets_app.policies import require_to_take_away

MOVE = "secrets_app_secret_move"


class MovesSecrets(OwnedAdmin):
    """The part of a secret's pages that renames and moves it."""

    def get_urls(self) -> list[Any]:
        return [
            path("<path:object_id>/move/", self.admin_site.admin_view(self.move_view), name=MOVE),
            *super().get_urls(),
        ]

    def move_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask on GET, and move on POST. Both need the permission to change secrets; a move needs more."""
        return show_refusal(self._move_view, request, object_id)

    def _move_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        secret = self.get_object(request, object_id)
        if not self.has_change_permission(request, secret):
            raise PermissionDenied
        if secret is None:
            raise Http404
        owner, name = secret.project or secret.user, secret.name
        form = self._move_form(request, secret)
        if form.is_valid():
            return self._move(request, Secret.objects.get(pk=secret.pk), form.cleaned_data)
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": secret,
            "name": name,
            "owner": owner,
            "form": form,
            "media": self.media + form.media,
            "title": gettext("Rename or move"),
        }
        return TemplateResponse(request, "secrets_app/admin/move.html", context)

    def _move_form(self, request: HttpRequest, secret: Secret) -> forms.ModelForm[Secret]:
        """Return the form, with a project only where the operator may take the secret away from its owner."""
        fields = ["name", "project"] if self._may_take_away(request, secret) else ["name"]
        widget = partial(self.formfield_for_dbfield, request=request)
        form = modelform_factory(Secret, fields=fields, formfield_callback=widget)(
            request.POST or None, instance=secret
        )
        if "project" in fields:
            form.fields["project"].required = secret.project_id is not None
        return form

    def _may_take_away(self, request: HttpRequest, secret: Secret) -> bool:
        try:
            require_to_take_away(self.actor(request), secret.owner)
        except APIException:
            return False
        return True

    def _move(self, request: HttpRequest, secret: Secret, given: dict[str, Any]) -> HttpResponse:
        project = given.get("project")
        owner = secret.owner if project is None else Owner(project_id=project.pk)
        edit_secret(actor=self.actor(request), secret_id=secret.pk, name=given["name"], owner=owner)
        messages.success(request, gettext("The secret is %(name)s now.") % {"name": given["name"]})
        site = self.admin_site.name
        return HttpResponseRedirect(reverse("admin:secrets_app_secret_change", args=[secret.pk], current_app=site))

    @admin.display(description=_("name and owner"))
    def moving(self, secret: Secret) -> str:
        """Return a link to the page; the fields leave it out for operators who may not change secrets."""
        address = reverse(f"admin:{MOVE}", args=[secret.pk], current_app=self.admin_site.name)
        return format_html('<a href="{}">{}</a>', address, gettext("Rename or move"))
