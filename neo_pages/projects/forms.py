"""The forms of projects, their members and invitations."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from neo_base.access.roles import Role
from neo_pages.forms.fields import MakingForm, PageForm
from projects.models import MAX_NAME_LENGTH, MAX_SETTINGS_LENGTH
from projects.models.invitation import MAX_EMAIL_LENGTH
from projects.tags import MAX_TAG_LENGTH, MAX_TAGS, parse_tags

ROLES = [
    (Role.VIEWER.value, _("Viewer: sees names and masks")),
    (Role.MEMBER.value, _("Member: also changes secrets, and gives them to tasks")),
    (Role.ADMIN.value, _("Admin: also manages members and the project")),
]


class ProjectNameField(forms.CharField):
    """A name on one line, kept as it was typed."""

    def __init__(self) -> None:
        super().__init__(label=_("Name"), max_length=MAX_NAME_LENGTH)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if any(unicodedata.category(character) == "Cc" for character in text):
            raise ValidationError(_("The name contains control characters. Remove them."))
        return text


class TagsField(forms.CharField):
    """Tags, separated by commas."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> list[str]:
        return parse_tags(super().clean(value))


class NewProjectForm(MakingForm):
    """A new project, which needs no more than a name."""

    name = ProjectNameField()


class ProjectForm(PageForm):
    """Name, tags and notes of a project."""

    name = ProjectNameField()
    tags = TagsField(
        label=_("Tags"),
        required=False,
        help_text=format_lazy(
            _("Separated by commas. At most {number} tags of at most {length} characters each."),
            number=MAX_TAGS,
            length=MAX_TAG_LENGTH,
        ),
    )
    settings_md = forms.CharField(
        label=_("Notes"),
        required=False,
        strip=False,
        max_length=MAX_SETTINGS_LENGTH,
        widget=forms.Textarea(attrs={"rows": "8", "class": "plain"}),
        help_text=_("For agents and people, in Markdown. All members can read them: enter no value here."),
    )

    def clean_settings_md(self) -> str:
        """Return the notes with line breaks as they are stored, which browsers send as CR LF."""
        return str(self.cleaned_data["settings_md"]).replace("\r\n", "\n")

    def changes(self) -> dict[str, Any]:
        """Return what differs from the project as it was."""
        return {name: value for name, value in self.cleaned_data.items() if value != self.initial[name]}


class RoleField(forms.ChoiceField):
    def __init__(self) -> None:
        super().__init__(label=_("Role"), choices=ROLES, initial=Role.MEMBER.value)


class InvitationForm(MakingForm):
    """The address of the person to invite, and their role."""

    prefix = "invite"
    email = forms.EmailField(label=_("E-mail address"), max_length=MAX_EMAIL_LENGTH)
    role = RoleField()

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        if not email.isascii() or '"' in email:
            raise ValidationError(_("Use an address in ASCII; write its domain in the form xn--…"))
        return email


class MemberForm(PageForm):
    """The name of a person who has an account, and their role."""

    prefix = "add"
    username = forms.CharField(label=_("User name"), max_length=254)
    role = RoleField()


class NewRoleForm(forms.Form):
    """The new role of a member."""

    role = RoleField()


class DeletionForm(PageForm):
    """The name of the project once more, so that nobody deletes another one."""

    name = forms.CharField(label=_("Name of the project"), strip=False, required=False, max_length=MAX_NAME_LENGTH)

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._expected = expected
        self.fields["name"].required = bool(expected)
        self.fields["name"].widget.attrs |= {"autocomplete": "off"}

    def clean_name(self) -> str:
        if self.cleaned_data["name"].strip() != self._expected.strip():
            raise ValidationError(_("This is not the name of the project."))
        return self._expected
