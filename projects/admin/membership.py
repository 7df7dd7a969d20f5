"""The admin pages of memberships: rows on the page of their project, and a list for projects with many members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from neo_base.access.roles import Role
from neo_base.admin.action_admin import ActionAdmin
from neo_base.admin.changelists import LinkedFilter
from neo_base.admin.inputs import is_key
from neo_base.admin.links import link_to
from projects import actions
from projects.models import Membership, Project

if TYPE_CHECKING:
    _Form = forms.ModelForm[Membership]
    _Inline = admin.TabularInline[Membership, Project]
    _FormSet = BaseInlineFormSet[Membership, Project, Any]
else:
    _Form = forms.ModelForm
    _FormSet = BaseInlineFormSet
    _Inline = admin.TabularInline


class UserName(forms.Widget):
    """A widget that shows the user of an existing membership as text. A select would cost a query for each row."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return format_html("{}", self.attrs["user"])


class MembershipForm(_Form):
    """A form in which only the role of an existing membership can be changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "user" in self.fields:
            self.fields["user"].disabled = True
            self.fields["user"].widget = UserName(attrs={"user": self.instance.user})


class LabelledFormSet(_FormSet):
    """Rows whose inputs have labels of their own: those of the columns are not told by screen readers."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            if not field.widget.is_hidden:
                field.widget.attrs.setdefault("aria-label", field.label)


class MembershipInline(_Inline):
    model = Membership
    form = MembershipForm
    formset = LabelledFormSet
    fields = ["user", "role", "joined_at"]
    readonly_fields = ["joined_at"]
    raw_id_fields = ["user"]
    extra = 0
    verbose_name_plural = _("members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        rows: QuerySet[Membership] = super().get_queryset(request)
        return rows.select_related("user")


@admin.register(Membership)
class MembershipAdmin(ActionAdmin):
    fields = ["project", "user", "role"]
    raw_id_fields = ["project", "user"]
    list_display = ["user_name", "project_link", "role", "joined_at"]
    sortable_by = ["joined_at"]
    list_select_related = ["user", "project"]
    list_filter = ["role", ("project", LinkedFilter), ("user", LinkedFilter)]
    search_fields = ["project__name", "=project__id", f"user__{get_user_model().USERNAME_FIELD}"]
    search_help_text = _("Search by part of a project name or username, or by project id.")
    allowed_lookups = frozenset({"role__exact"})
    actions = ["delete_selected"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["project_link", "user_link", "joined_at"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["project", "user", "role"] if obj is None else ["project_link", "user_link", "role", "joined_at"]

    def history_filters(self, object_id: str) -> dict[str, Any]:
        """Return filters for events of this user in this project: the audit log has no memberships as subjects."""
        row = Membership.objects.filter(pk=object_id).first() if is_key(Membership, object_id) else None
        return {"subject_id": row.user_id, "project_id": row.project_id} if row else {"subject_id": ""}

    @admin.display(description=_("user"))
    def user_name(self, membership: Membership) -> str:
        return str(membership.user)

    @admin.display(description=_("user"))
    def user_link(self, membership: Membership) -> str | None:
        return link_to(self.admin_site, membership.user)

    @admin.display(description=_("project"))
    def project_link(self, membership: Membership) -> str | None:
        return link_to(self.admin_site, membership.project)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        actor, role = self.actor(request), Role(obj.role)
        if change:
            actions.change_role(actor=actor, project_id=obj.project_id, user_id=obj.user_id, role=role)
        else:
            username = obj.user.get_username()
            made = actions.add_member(actor=actor, project_id=obj.project_id, username=username, role=role)
            obj.pk, obj._state.adding = made.pk, False

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        actions.remove_member(actor=self.actor(request), project_id=obj.project_id, user_id=obj.user_id)
