"""The forms of a task: what it selects, and for how long a grant gives it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from neo_pages.forms.fields import MakingForm, PageForm
from neo_pages.owners import NamedOwner
from secrets_app.models.secret import NAME_PATTERN
from secrets_app.models.task_grant import MAX_TASK_ID_LENGTH, TaskScope
from secrets_app.tasks.selection import SelectedName

MAX_SELECTED = 1_000
MAX_USES = 1_000_000


class NamesField(forms.CharField):
    """Names of secrets, separated by spaces, commas or lines; `personal:NAME` for a personal one."""

    widget = forms.Textarea(attrs={"rows": "3", "autocomplete": "off", "spellcheck": "false", "class": "plain"})

    def clean(self, value: Any) -> list[SelectedName]:
        # Not told which: somebody may have pasted a value.
        texts = [text for text in re.split(r"[\s,;]+", str(super().clean(value))) if text]
        names = [SelectedName.parse(text) for text in texts]
        if len(names) > MAX_SELECTED:
            raise ValidationError(_("These are too many names. Use at most %(count)d.") % {"count": MAX_SELECTED})
        if not all(re.match(NAME_PATTERN, name.name) for name in names):
            raise ValidationError(
                _("Write names like DATABASE_URL or personal:DATABASE_URL, with spaces between them.")
            )
        return list(dict.fromkeys(names))


class SelectionForm(PageForm):
    """Whose task it is, and what it selects."""

    project = forms.ChoiceField(label=_("Task of"), required=False)
    names = NamesField(
        label=_("Secrets that it selects"),
        required=False,
        help_text=_("Names with spaces between them; personal:NAME for a personal one. Those always on need no name."),
    )
    include_default = forms.BooleanField(label=_("Also those that are always on"), required=False, initial=True)

    def __init__(self, *args: Any, owners: Sequence[NamedOwner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("" if each.project_id is None else str(each.project_id), each.name) for each in owners]
        self.fields["project"].choices = choices  # type: ignore[attr-defined]

    def full_clean(self) -> None:
        """Clean, and forget what stands in place of names: it may be a value, which no page shows again."""
        super().full_clean()
        if self.is_bound and "names" in self.errors:
            self.data = {key: text for key, text in self.data.items() if key != self.add_prefix("names")}


class GrantForm(MakingForm, SelectionForm):
    """A grant for the task: the selection again, and its terms."""

    task_id = forms.CharField(
        label=_("Your name for the task"),
        required=False,
        max_length=MAX_TASK_ID_LENGTH,
        help_text=_("It stands in the audit log."),
    )
    minutes = forms.IntegerField(label=_("Minutes until it ends"), min_value=1, max_value=525_600, initial=15)
    max_uses = forms.IntegerField(
        label=_("How often it gives the values"),
        required=False,
        min_value=1,
        max_value=MAX_USES,
        help_text=_("Leave it empty for any number of times."),
    )
    latest = forms.BooleanField(
        label=_("The values of that moment"),
        required=False,
        help_text=_("Otherwise the task gets the versions of now, even if somebody sets a new value meanwhile."),
    )
    may_create = forms.BooleanField(
        label=_("It may store secrets"),
        required=False,
        help_text=_("They stay in quarantine until a person promotes them."),
    )
    SELECTION = ("project", "names", "include_default")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.SELECTION:
            self.fields[name].widget = self.fields[name].hidden_widget()

    @property
    def scopes(self) -> list[str]:
        return [TaskScope.CREATE_SECRETS.value] if self.cleaned_data["may_create"] else []
