"""Secrets in the Django admin: names, masks and metadata, and a value that only goes in."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from projects.action_admin import ActionAdmin
from secrets_app import actions
from secrets_app.actions import Draft
from secrets_app.admin.forms import SecretForm
from secrets_app.masks import masked_value
from secrets_app.models import Secret
from secrets_app.plaintext import BULLETS
from secrets_app.scopes import Scope

METADATA = ("description", "default_available", "expires_at")
ORIGIN = ("created_by", "created_by_agent", "created_at", "updated_at", "last_used_at", "id")


class ScopeFilter(admin.SimpleListFilter):
    title = "scope"
    parameter_name = "scope"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("personal", "Personal"), ("project", "Project")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "personal":
                return queryset.filter(project=None)
            case "project":
                return queryset.exclude(project=None)
        return queryset


@method_decorator(sensitive_post_parameters("new_value"), name="changeform_view")
@admin.register(Secret)
class SecretAdmin(ActionAdmin):
    form = SecretForm
    list_display = [
        "name",
        "scope_name",
        "shown_mask",
        "default_available",
        "created_by_agent",
        "version",
        "updated_at",
    ]
    list_filter = [
        ScopeFilter,
        "default_available",
        "created_by_agent",
        ("project", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["owner", "project"]
    search_fields = ["name"]
    raw_id_fields = ["project"]
    allowed_lookups = frozenset(
        {"scope", "default_available__exact", "created_by_agent__exact", "project__id__exact", "project__isnull"}
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Secret]:
        shown = Q(project__isnull=False) | Q(owner=request.user)
        rows: QuerySet[Secret] = super().get_queryset(request)
        return rows.annotate(is_mask_shown=ExpressionWrapper(shown, output_field=BooleanField()))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return [(None, {"fields": ["name", "new_value", "project", *METADATA]})]
        value = ["new_value"] if self.has_change_permission(request, obj) else []
        return [
            (None, {"fields": ["name", "scope_name", *METADATA]}),
            ("Value", {"fields": ["shown_mask", "version", *value]}),
            ("Origin and use", {"fields": ORIGIN}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["name", "scope_name", "shown_mask", "version", *ORIGIN]

    @admin.display(description="scope")
    def scope_name(self, secret: Secret) -> str:
        return f"project {secret.project}" if secret.project_id else f"personal, {secret.owner}"

    @admin.display(description="value")
    def shown_mask(self, secret: Secret) -> str:
        """The mask; of other people's personal secrets an operator sees no character."""
        if not getattr(secret, "is_mask_shown", False):
            return BULLETS
        return masked_value(secret) or f"{BULLETS} (unreadable)"

    def save_model(self, request: HttpRequest, obj: Secret, form: Any, change: bool) -> None:
        columns = {name: form.cleaned_data[name] for name in METADATA if name in form.changed_data}
        value = form.cleaned_data["new_value"]
        if change:
            actions.update_secret(actor=self.actor(request), secret_id=obj.id, changes=columns, value=value)
        else:
            scope = Scope(project_id=obj.project_id) if obj.project_id else Scope(owner_id=request.user.pk)
            draft = Draft(id=obj.id, scope=scope, name=obj.name, value=value, **columns)
            actions.create_secret(actor=self.actor(request), draft=draft)
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Secret) -> None:
        actions.delete_secret(actor=self.actor(request), secret_id=obj.id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Secret]) -> None:
        for secret in queryset:
            self.delete_model(request, secret)
