"""The filters of the audit log."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from neo_base.audit.catalogue import catalogue
from neo_pages.forms.fields import PageForm
from secrets_app.models.secret import MAX_NAME_LENGTH


class AuditForm(PageForm):
    """What happened, who did it, to which secret, and when."""

    event = forms.ChoiceField(label=_("What happened"), required=False)
    who = forms.CharField(label=_("Who (user name)"), required=False, max_length=254)
    name = forms.CharField(label=_("Secret or other name"), required=False, max_length=MAX_NAME_LENGTH)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        events = sorted((name, f"{name}: {event.says}") for name, event in catalogue.items())
        self.fields["event"].choices = [("", _("Everything")), *events]  # type: ignore[attr-defined]
