"""The admin page of projects and their members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from neo_base.access.roles import Role
from neo_base.admin.action_admin import ActionAdmin
from neo_base.admin.links import link_to_list
from neo_base.admin.related_lists import RelatedList, registered_lists
from neo_base.rest.languages import Text
from projects import actions
from projects.admin.membership import MembershipInline
from projects.models import Invitation, Membership, Project
from projects.tags import MAX_TAG_LENGTH, MAX_TAGS, parse_tags

# A form with more rows would have more fields than Django accepts in one request.
MEMBERS_ON_PAGE = 100
PRESENT_ONLY = ("shared_with_team", "lists", "id", "created_at", "updated_at")
OWN_LISTS = (RelatedList(_("Members"), Membership), RelatedList(_("Invitations"), Invitation))

if TYPE_CHECKING:
    _Form = forms.ModelForm[Project]
else:
    _Form = forms.ModelForm


class TagsField(forms.CharField):
    """A form field for tags, separated by commas."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> Any:
        return parse_tags(super().clean(value))


class ProjectForm(_Form):
    class Meta:
        help_texts = {
            "name": _("Shown to members. Several projects may have the same name."),
            "settings_md": _(
                "Notes for agents and people, in Markdown. All members can read them: do not put secret values here."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "name" in self.fields and not self.instance._state.adding:
            # As in the API: a project may start without a name, and does not lose the one that it has.
            self.fields["name"].required = True

    tags = TagsField(
        required=False,
        widget=AdminTextInputWidget,
        label=_("Tags"),
        help_text=format_lazy(
            _("Separate tags by commas. At most {number} tags of at most {length} characters each."),
            number=MAX_TAGS,
            length=MAX_TAG_LENGTH,
        ),
    )


@admin.register(Project)
class ProjectAdmin(ActionAdmin):
    form = ProjectForm
    fields = ["name", "settings_md", "tags", *PRESENT_ONLY]
    readonly_fields = ["lists", "id", "created_at", "updated_at"]
    inlines = [MembershipInline]
    list_display = ["__str__", "member_count", "shown_tags", "lists", "updated_at"]
    sortable_by = ["__str__", "updated_at"]
    search_fields = ["name", "=id"]
    search_help_text = _("Search by part of a name, or by id.")
    actions = ["delete_selected"]

    def get_fields(self, request: HttpRequest, obj: Project | None = None) -> Any:
        # A project is created first and shared later, as in the API.
        return [name for name in self.fields if obj is not None or name not in PRESENT_ONLY]

    def get_inlines(self, request: HttpRequest, obj: Project | None) -> list[Any]:
        return [] if obj is not None and _count_members(obj) > MEMBERS_ON_PAGE else self.inlines

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        members = Membership.objects.filter(project=OuterRef("pk")).order_by().values("project")
        rows: QuerySet[Project] = super().get_queryset(request)
        return rows.annotate(members=Subquery(members.annotate(number=Count("pk")).values("number")))

    @admin.display(description=_("members"))
    def member_count(self, project: Any) -> str:
        return self._list(project, Membership, str(project.members or 0))

    @admin.display(description=_("tags"))
    def shown_tags(self, project: Project) -> str:
        return ", ".join(project.tags)

    @admin.display(description=_("see"))
    def lists(self, project: Project) -> SafeString:
        links = [(self._list(project, model, text),) for text, model in (*OWN_LISTS, *registered_lists)]
        return format_html_join(" · ", "{}", links)

    def _list(self, project: Project, model: Any, text: Text) -> str:
        return link_to_list(self.admin_site, model, text, project=project)

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            actions.update_project(actor=self.actor(request), project_id=obj.id, changes=changes)
        else:
            obj.id = actions.create_project(actor=self.actor(request), **form.cleaned_data).id
            obj._state.adding = False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Add members and admins before lowering roles and removing members, so that one form can replace an admin."""
        formset.save(commit=False)
        actor, project_id = self.actor(request), formset.instance.pk
        for row in formset.new_objects:
            username = row.user.get_username()
            actions.add_member(actor=actor, project_id=project_id, username=username, role=Role(row.role))
        for row, _columns in sorted(formset.changed_objects, key=lambda changed: changed[0].role != Role.ADMIN):
            actions.change_role(actor=actor, project_id=project_id, user_id=row.user_id, role=Role(row.role))
        for row in formset.deleted_objects:
            actions.remove_member(actor=actor, project_id=project_id, user_id=row.user_id)

    def delete_model(self, request: HttpRequest, obj: Project) -> None:
        actions.delete_project(actor=self.actor(request), project_id=obj.id)


def _count_members(project: Project) -> int:
    return Membership.objects.of_project(project.pk)[: MEMBERS_ON_PAGE + 1].count()
