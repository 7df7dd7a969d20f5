"""The form of a new service token."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from neo_pages.forms.fields import MakingForm, MomentField
from neo_pages.owners import NamedOwner
from secrets_app.models.token import MAX_TOKEN_NAME_LENGTH, TokenScope

SCOPES = [
    (TokenScope.RUNTIME_USE.value, _("Give tasks their secrets, as neo run does")),
    (TokenScope.SECRETS_READ.value, _("See names and masks of secrets")),
    (TokenScope.SECRETS_WRITE.value, _("Add, change and delete secrets")),
    (TokenScope.PROJECTS_READ.value, _("See projects and their members")),
    (TokenScope.PROJECTS_WRITE.value, _("Change projects, members and invitations")),
]
"""What a token may do, the most usual first."""


class TokenForm(MakingForm):
    """A new service token: what it is for, what it may do, what it reaches, and when it ends."""

    name = forms.CharField(
        label=_("Name"), max_length=MAX_TOKEN_NAME_LENGTH, help_text=_("What the token is for, such as CI.")
    )
    scopes = forms.MultipleChoiceField(label=_("What it may do"), choices=SCOPES, widget=forms.CheckboxSelectMultiple)
    project = forms.ChoiceField(label=_("What it reaches"), required=False)
    expires_at = MomentField(label=_("Ends"), help_text=_("Leave it empty for the usual time of this site."))

    def __init__(self, *args: Any, projects: Sequence[NamedOwner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = ("", _("Everything that you reach"))
        only = [(str(each.project_id), _("Only the project %(name)s") % {"name": each.name}) for each in projects]
        self.fields["project"].choices = [everything, *only]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if any(unicodedata.category(character) == "Cc" for character in name):
            raise ValidationError(_("The name contains control characters. Remove them."))
        return name
