"""The forms of one secret. None of them renders a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from neo_pages.forms.fields import MakingForm, MomentField, NameField, PageForm, ValueField
from neo_pages.owners import NamedOwner
from secrets_app.models.secret import MAX_DESCRIPTION_LENGTH
from secrets_app.owners import Owner

NAME_HELP = _("The environment variable in which a task finds the value, such as DATABASE_URL.")
VALUE_HELP = _("It is never shown again, not even to you.")
DESCRIPTION_HELP = _("What it is for, and where to get a new value. Enter no value here: it would not be encrypted.")
EXPIRY_HELP = _("From this time on, no task gets the secret. Leave it empty for no expiry.")
ALWAYS_ON_HELP = _("Every task of its owner gets it. Otherwise only tasks that select it do.")
EXEMPT_HELP = _("For a value that is no secret, such as production: what tasks print of it stays readable.")


class DescriptionField(forms.CharField):
    def __init__(self) -> None:
        super().__init__(
            label=_("Description"),
            required=False,
            max_length=MAX_DESCRIPTION_LENGTH,
            help_text=DESCRIPTION_HELP,
            widget=forms.Textarea(attrs={"rows": "2", "class": "plain"}),
        )


class NewSecretForm(MakingForm):
    """A new secret."""

    name = NameField(label=_("Name"), help_text=NAME_HELP)
    value = ValueField(label=_("Value"), help_text=VALUE_HELP)
    default_available = forms.BooleanField(label=_("Always on"), required=False, help_text=ALWAYS_ON_HELP)
    description = DescriptionField()
    expires_at = MomentField(label=_("Expires"), help_text=EXPIRY_HELP)


class ValueForm(PageForm):
    """A new value for a secret."""

    value = ValueField(label=_("New value"), help_text=VALUE_HELP)


class EditForm(PageForm):
    """Everything of a secret but its value and its owner."""

    name = NameField(label=_("Name"), help_text=_("Tasks find the value under the new name from then on."))
    default_available = forms.BooleanField(label=_("Always on"), required=False, help_text=ALWAYS_ON_HELP)
    description = DescriptionField()
    expires_at = MomentField(label=_("Expires"), help_text=EXPIRY_HELP)
    is_exempt_from_redaction = forms.BooleanField(label=_("Not redacted"), required=False, help_text=EXEMPT_HELP)
    etag = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, may_promote: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_promote:
            del self.fields["is_exempt_from_redaction"]

    def changes(self) -> dict[str, Any]:
        """Return the columns that the person changed."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name not in ("name", "etag")}


class DestinationForm(PageForm):
    """The owner to which secrets go, and whether they stay here, too."""

    MOVE, COPY = "move", "copy"
    PERSONAL = "personal"

    way = forms.ChoiceField(
        label=_("What to do"), choices=[(MOVE, _("Move")), (COPY, _("Copy"))], widget=forms.RadioSelect, initial=MOVE
    )
    destination = forms.ChoiceField(label=_("To"))

    def __init__(self, *args: Any, destinations: Sequence[NamedOwner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(each.project_id or self.PERSONAL), each.name) for each in destinations]
        self.fields["destination"].choices = choices  # type: ignore[attr-defined]
        self._owners = {key: each.owner for (key, _name), each in zip(choices, destinations, strict=True)}

    @property
    def owner(self) -> Owner:
        return self._owners[self.cleaned_data["destination"]]

    @property
    def is_copy(self) -> bool:
        return bool(self.cleaned_data["way"] == self.COPY)


class NamedDestinationForm(MakingForm, DestinationForm):
    """The same for one secret, which may get another name there."""

    name = NameField(label=_("Its name there"))
