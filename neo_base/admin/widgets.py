"""Widgets for forms of the Django admin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.widgets import AdminSplitDateTime, AutocompleteSelect
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class Autocomplete(AutocompleteSelect):
    """Django's autocomplete, except that an invalid id in a refused form is shown as nothing selected.

    Django looks up the label of each submitted id. With UUID keys, an id that is no UUID would make that a 500.
    """

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        try:
            return super().optgroups(name, value, attr)
        except ValidationError:
            return super().optgroups(name, [], attr)


class LabelledDateTime(AdminSplitDateTime):
    """Django's two inputs for a date and a time, each with a label of its own for screen readers."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        for widget, label in zip(self.widgets, (_("Date"), _("Time")), strict=True):
            widget.attrs["aria-label"] = label
