"""Projects and their members in the Django admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from projects import actions
from projects.action_admin import ActionAdmin
from projects.models import Membership, Project
from projects.roles import Role
from projects.tags import MAX_TAG_LENGTH, MAX_TAGS, parse_tags

if TYPE_CHECKING:
    _Form = forms.ModelForm[Project]
    _Inline = admin.TabularInline[Membership, Project]
else:
    _Form = forms.ModelForm
    _Inline = admin.TabularInline


class TagsField(forms.CharField):
    """Tags as people write them: separated by commas."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> Any:
        return parse_tags(super().clean(value))


class ProjectForm(_Form):
    tags = TagsField(
        required=False,
        help_text=f"Separated by commas; at most {MAX_TAGS}, each of at most {MAX_TAG_LENGTH} characters.",
    )


class MembershipInline(_Inline):
    model = Membership
    fields = ["user", "role", "joined_at"]
    readonly_fields = ["joined_at"]
    raw_id_fields = ["user"]
    extra = 0


@admin.register(Project)
class ProjectAdmin(ActionAdmin):
    form = ProjectForm
    fields = ["name", "settings_md", "tags", "shared_with_team", "id", "created_at", "updated_at"]
    readonly_fields = ["id", "created_at", "updated_at"]
    inlines = [MembershipInline]
    list_display = ["__str__", "member_count", "id", "updated_at"]
    search_fields = ["name", "=id"]
    # Counting members groups the rows, and grouped rows lose the order of the model.
    ordering = ["name", "id"]

    def get_fields(self, request: HttpRequest, obj: Project | None = None) -> Any:
        # A project is made first and shared afterwards, as in the API.
        return [name for name in self.fields if obj is not None or name != "shared_with_team"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        rows: QuerySet[Project] = super().get_queryset(request)
        return rows.annotate(members=Count("memberships"))

    @admin.display(description="members", ordering="members")
    def member_count(self, project: Any) -> int:
        return int(project.members)

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            actions.update_project(actor=self.actor(request), project_id=obj.id, changes=changes)
        else:
            obj.id = actions.create_project(actor=self.actor(request), **form.cleaned_data).id
            obj._state.adding = False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Give and raise roles before lowering and taking them, so that admins can be exchanged in one go."""
        formset.save(commit=False)
        actor, project_id = self.actor(request), formset.instance.pk
        for row in formset.new_objects:
            username = row.user.get_username()
            actions.add_member(actor=actor, project_id=project_id, username=username, role=Role(row.role))
        for row, _ in sorted(formset.changed_objects, key=lambda changed: changed[0].role != Role.ADMIN):
            actions.change_role(actor=actor, project_id=project_id, user_id=row.user_id, role=Role(row.role))
        for row in formset.deleted_objects:
            actions.remove_member(actor=actor, project_id=project_id, user_id=row.user_id)

    def delete_model(self, request: HttpRequest, obj: Project) -> None:
        actions.delete_project(actor=self.actor(request), project_id=obj.id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        for project in queryset:
            self.delete_model(request, project)
