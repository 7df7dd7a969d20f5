"""The form for a pasted `.env`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from neo_pages.dotenv import Assignment, Faulty, read
from neo_pages.forms.fields import PageForm, WriteOnlyTextarea
from secrets_app.actions.imports import OnConflict

CHOICES = [
    (OnConflict.REFUSE.value, _("Import nothing")),
    (OnConflict.SKIP.value, _("Leave the present one as it is")),
    (OnConflict.REPLACE.value, _("Give the present one a new version")),
    (OnConflict.RENAME.value, _("Store the new one under another name, such as NAME_2")),
]


class DotenvField(forms.CharField):
    """The text of a `.env` file, read at once into assignments."""

    def clean(self, value: Any) -> list[Assignment]:
        text = super().clean(value)
        try:
            return read(text)
        except Faulty as fault:
            raise forms.ValidationError(str(fault)) from None


class ImportForm(PageForm):
    """A `.env`, and what to do with names that are taken."""

    text = DotenvField(
        label=_("Text of the .env file"),
        strip=False,
        widget=WriteOnlyTextarea(rows=12),
        help_text=_("Lines like NAME=value; comments and quotes as usual. Paste the text, or drop the file here."),
    )
    on_conflict = forms.ChoiceField(
        label=_("If a name is taken"), choices=CHOICES, initial=OnConflict.REFUSE.value, widget=forms.RadioSelect
    )
    default_available = forms.BooleanField(
        label=_("Always on"), required=False, help_text=_("Every task gets those that are new.")
    )
