"""Fields that pages share: values, which are taken and never shown, and the base of all forms."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.forms.utils import ErrorList
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from neo_pages.problems import show_in
from secrets_app.models.names import sanitize
from secrets_app.models.secret import MAX_NAME_LENGTH, MAX_VALUE_LENGTH
from secrets_app.plaintext import Plaintext


class WriteOnlyTextarea(forms.Textarea):
    """A text area that is always rendered empty, whatever was sent. The style sheet shows dots while one types."""

    is_write_only = True

    def __init__(self, *, rows: int = 3) -> None:
        attributes = {"rows": str(rows), "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        super().__init__(attrs=attributes)

    def format_value(self, value: Any) -> None:
        return None


class ValueField(forms.CharField):
    """A value, taken as typed, with line breaks as LF, and wrapped in `Plaintext` at once."""

    widget = WriteOnlyTextarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, max_length=MAX_VALUE_LENGTH, **kwargs)

    def clean(self, value: Any) -> Plaintext:
        return Plaintext(super().clean((value or "").replace("\r\n", "\n")))


class NameField(forms.CharField):
    """A name in any form, converted to the form of names: `dbPassword` becomes `DB_PASSWORD`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_NAME_LENGTH, **kwargs)
        self.widget.attrs |= {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return sanitize(text)
        except ValueError:
            raise forms.ValidationError(_("Use at least one letter A to Z or digit.")) from None


class MomentField(forms.DateTimeField):
    """A time in the current time zone, which the help text names."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(required=False, widget=widget, **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether another minute was entered: the widget shows no seconds."""
        return super().has_changed(initial.replace(second=0, microsecond=0) if initial else initial, data)


class PageForm(forms.Form):
    """The base of the forms: it shows an action's refusal, and asks for a value again that it does not keep."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, MomentField):
                zone = timezone.get_current_timezone_name()
                field.help_text = f"{field.help_text} " + gettext("Time zone: %(zone)s.") % {"zone": zone}

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.errors:
            self.ask_for_values_again()

    def add_refusal(self, error: Any) -> bool:
        """Show a conflict in the form; return False for what is none."""
        if not show_in(self, error):
            return False
        self.ask_for_values_again()
        return True

    def ask_for_values_again(self) -> None:
        """Say beside each field of a value that it is empty again, unless something else is wrong with it."""
        for name, field in self.fields.items():
            is_value = getattr(field.widget, "is_write_only", False)
            if is_value and self.data.get(self.add_prefix(name)) and name not in self.errors:
                self.errors[name] = ErrorList([gettext("Enter the value again: it was not kept.")])


class MakingForm(PageForm):
    """The base of forms that make something. Each has an id, so that it can be told when it is sent twice."""

    once = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"}), initial=uuid4)

    def clean(self) -> dict[str, Any]:
        """Take the id out of what the person entered; one that no page made counts as none."""
        super().clean()
        sent = str(self.cleaned_data.pop("once", ""))
        try:
            self.key = str(UUID(sent))
        except ValueError:
            self.key = ""
        return self.cleaned_data
