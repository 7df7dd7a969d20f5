"""The form of a secret. A value goes in; it is never rendered, not even when the form comes back with an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from secrets_app.models import Secret
from secrets_app.models.secret import MAX_VALUE_LENGTH
from secrets_app.plaintext import Plaintext

if TYPE_CHECKING:
    _Form = forms.ModelForm[Secret]
else:
    _Form = forms.ModelForm


class WriteOnlyTextarea(AdminTextareaWidget):
    def format_value(self, value: Any) -> None:
        return None


class SecretForm(_Form):
    new_value = forms.CharField(
        label=_("Value"),
        strip=False,
        max_length=MAX_VALUE_LENGTH,
        widget=WriteOnlyTextarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("It goes in and is never shown again, not even here. Line breaks are stored as LF."),
    )

    class Meta:
        model = Secret
        fields = ["name", "project", "description", "default_available", "expires_at"]
        help_texts = {
            "name": _("The environment variable in which a task finds the value, such as DATABASE_URL."),
            "project": _("Shared with its members. Leave it empty for a personal secret of yours."),
            "description": _("What it is for, and where a new one comes from. Never the value: this is not encrypted."),
            "expires_at": _("From then on no task gets it. Leave it empty when it does not end."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding and "new_value" in self.fields:
            self.fields["new_value"].required = False
            self.fields["new_value"].label = gettext("New value")
            self.fields["new_value"].help_text += " " + gettext("Leave it empty to keep the present one.")

    def clean_new_value(self) -> Plaintext | None:
        text = self.cleaned_data["new_value"].replace("\r\n", "\n")
        return Plaintext(text) if text else None
