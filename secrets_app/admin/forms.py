"""The form of a secret. It never renders a value, not even if the form is shown again with an error."""

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
    """A text area that is always rendered empty."""

    def format_value(self, value: Any) -> None:
        return None


class SecretForm(_Form):
    """The form with which an operator creates or changes a secret."""

    new_value = forms.CharField(
        label=_("Value"),
        strip=False,
        max_length=MAX_VALUE_LENGTH,
        widget=WriteOnlyTextarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The value is never shown again, not even here. Line breaks are stored as LF."),
    )

    class Meta:
        model = Secret
        fields = ["name", "project", "description", "default_available", "expires_at", "is_exempt_from_redaction"]
        widgets = {"description": forms.TextInput(attrs={"class": "vLargeTextField"})}
        help_texts = {
            "name": _("The environment variable in which a task finds the value, such as DATABASE_URL."),
            "project": _("Shared with the project's members. Leave it empty for a personal secret of your own."),
            "description": _(
                "What it is for, and where to get a new value. Enter no value here: it would not be encrypted."
            ),
            "expires_at": _("From this time on, no task gets the secret. Leave it empty for no expiry."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding and "new_value" in self.fields:
            self.fields["new_value"].required = False
            self.fields["new_value"].label = gettext("New value")
            self.fields["new_value"].help_text += " " + gettext("Leave it empty to keep the current value.")

    def clean_new_value(self) -> Plaintext | None:
        text = self.cleaned_data["new_value"].replace("\r\n", "\n")
        return Plaintext(text) if text else None
