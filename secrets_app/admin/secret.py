"""The admin pages of secrets. They show names, masks and metadata; a value can be entered and is never shown."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from neo_base.admin.changelists import LinkedFilter
from neo_base.admin.links import link_to, link_to_list
from secrets_app.actions.creation import Draft, create_secret
from secrets_app.actions.secrets import delete_secret, promote_secret, update_secret
from secrets_app.admin.badges import mask
from secrets_app.admin.filters import AttentionFilter, AvailabilityFilter, CreatorFilter, OwnerFilter
from secrets_app.admin.forms import SecretForm
from secrets_app.admin.moving import MovesSecrets
from secrets_app.admin.restoring import RestoresVersions
from secrets_app.admin.versions import VersionInline
from secrets_app.masks import masked_value
from secrets_app.models import Secret, TaskGrant
from secrets_app.owners import Owner
from secrets_app.plaintext import BULLETS

METADATA = ("description", "default_available", "expires_at")
CHANGEABLE = (*METADATA, "is_exempt_from_redaction")
USAGE = ("last_used_at", "grants")
ORIGIN = ("maker", "created_by_agent", "task_id", "created_at", "updated_at", "id")
SHOWN_ONLY = ("name", "owner_link", "moving", "state_badges", "shown_mask", "version", "set_at", *USAGE, *ORIGIN)
PROMOTED = _("%(count)d promoted.")


@method_decorator(sensitive_post_parameters("new_value"), name="changeform_view")
@admin.register(Secret)
class SecretAdmin(MovesSecrets, RestoresVersions):
    """The pages of secrets, of all owners."""

    form = SecretForm
    list_display = ["name", "shown_mask", "owner_link", "state_badges", "used", "changed"]
    # For any other column, the database would sort the rows of all secrets, ciphertexts included, to show one page.
    sortable_by = ["name"]
    list_filter = [
        AttentionFilter,
        OwnerFilter,
        AvailabilityFilter,
        CreatorFilter,
        ("project", LinkedFilter),
        ("user", LinkedFilter),
        ("data_key", LinkedFilter),
    ]
    # With the data key in the same query, opening a mask costs no other one.
    list_select_related = ["user", "project", "data_key"]
    search_fields = ["name"]
    search_help_text = _("Part of the name, of its project's name or of its user's name.")
    raw_id_fields = ["project"]
    allowed_lookups = frozenset({"attention", "owner", "default_available__exact", "created_by_agent__exact"})
    inlines = [VersionInline]
    actions = ["make_default", "make_selectable", "promote", "delete_selected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Secret]:
        shown = Q(project__isnull=False) | Q(user=request.user)
        rows: QuerySet[Secret] = super().get_queryset(request)
        return rows.annotate(is_mask_shown=ExpressionWrapper(shown, output_field=BooleanField()))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return [(None, {"fields": ["name", "new_value", "project", *METADATA]})]
        value, moving = (["new_value"], ["moving"]) if self.has_change_permission(request, obj) else ([], [])
        return [
            (None, {"fields": ["name", "owner_link", *moving, "state_badges", *CHANGEABLE]}),
            (_("Value"), {"fields": ["shown_mask", "version", "set_at", *value]}),
            (_("Usage"), {"fields": USAGE}),
            (_("Origin"), {"fields": ORIGIN}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else list(SHOWN_ONLY)

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Offer a search for projects if the site's admin can search them; otherwise operators enter an id."""
        model = Secret._meta.get_field("project").related_model
        searchable = self.admin_site._registry.get(model)
        return ["project"] if searchable and searchable.search_fields else []

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Add what finds a secret's project and user, as the pages of those are searched."""
        return [*self.search_fields, *self._related_search("project"), f"user__{get_user_model().USERNAME_FIELD}"]

    def _related_search(self, name: str) -> list[str]:
        page = self.admin_site._registry.get(Secret._meta.get_field(name).related_model)  # type: ignore[arg-type]
        fields = page.search_fields if page else ()
        return [f"={name}__{field[1:]}" if field.startswith("=") else f"{name}__{field}" for field in fields]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the owner of each secret: another one may have the same name."""
        _nested, counts, missing, protected = super().get_deleted_objects(objs, request)
        named = [self._named_with_owner(secret) for secret in _with_owners(objs)]
        return named, counts, missing, protected

    def _named_with_owner(self, secret: Secret) -> SafeString:
        return format_html("{} ({})", link_to(self.admin_site, secret) or secret.name, self.owner_link(secret))

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [] if obj is None or obj.version == 1 else self.inlines

    @admin.display(description=_("used"))
    def used(self, secret: Secret) -> datetime | None:
        return secret.last_used_at

    @admin.display(description=_("changed"))
    def changed(self, secret: Secret) -> datetime:
        return secret.updated_at

    @admin.display(description=_("mask"))
    def shown_mask(self, secret: Secret) -> SafeString:
        """Return the mask, or bullets alone for another user's personal secret."""
        if not getattr(secret, "is_mask_shown", False):
            return mask(BULLETS)
        return mask(masked_value(secret))

    @admin.display(description=_("created by"))
    def maker(self, secret: Secret) -> str:
        return self._link(secret.created_by)

    @admin.display(description=_("task grants"))
    def grants(self, secret: Secret) -> str:
        return link_to_list(self.admin_site, TaskGrant, _("Grants with this secret"), granted__secret=secret)

    @admin.action(description=_("Make default-available"), permissions=["change"])
    def make_default(self, request: HttpRequest, queryset: QuerySet[Secret]) -> None:
        self.each(
            request,
            queryset,
            partial(self._update, request, default_available=True),
            _("%(count)d made default-available."),
        )

    @admin.action(description=_("Expose only to tasks that select it"), permissions=["change"])
    def make_selectable(self, request: HttpRequest, queryset: QuerySet[Secret]) -> None:
        done = _("%(count)d exposed only to tasks that select them.")
        self.each(request, queryset, partial(self._update, request, default_available=False), done)

    @admin.action(description=_("Promote out of quarantine"), permissions=["change"])
    def promote(self, request: HttpRequest, queryset: QuerySet[Secret]) -> None:
        actor, held = self.actor(request), queryset.exclude(quarantine_reason="")
        self.each(request, held, lambda row: promote_secret(actor=actor, secret_id=row.pk), PROMOTED)

    def _update(self, request: HttpRequest, secret: Secret, **changes: Any) -> None:
        update_secret(actor=self.actor(request), secret_id=secret.pk, changes=changes)

    def save_model(self, request: HttpRequest, obj: Secret, form: Any, change: bool) -> None:
        columns = {name: form.cleaned_data[name] for name in CHANGEABLE if name in form.changed_data}
        value = form.cleaned_data["new_value"]
        if change:
            update_secret(actor=self.actor(request), secret_id=obj.id, changes=columns, value=value)
        else:
            owner = Owner.of(request.user.pk, obj.project_id)
            draft = Draft(id=obj.id, owner=owner, name=obj.name, value=value, **columns)
            create_secret(actor=self.actor(request), draft=draft)
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Secret) -> None:
        delete_secret(actor=self.actor(request), secret_id=obj.id)


def _with_owners(secrets: Any) -> list[Secret]:
    keys = [secret.pk for secret in secrets]
    return list(Secret.objects.filter(pk__in=keys).select_related("project", "user").defer("value", "mask"))
