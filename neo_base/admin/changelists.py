"""Lists in the Django admin that stay quick, however many rows there are."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator

COUNTED_AT_MOST = 10_000
MAX_SEARCH_LENGTH = 128
MAX_SEARCH_WORDS = 4


class CappedCount(int):
    """A number of rows that reads `10,000+` where nobody counted further."""

    def __new__(cls, counted: int, *, cap: int) -> CappedCount:
        number = super().__new__(cls, min(counted, cap))
        number.is_capped = counted > cap
        return number

    is_capped: bool

    def __str__(self) -> str:
        return str(number_format(int(self), force_grouping=True)) + ("+" if self.is_capped else "")


def capped_count(rows: QuerySet[Any], cap: int) -> CappedCount:
    """How many `rows` there are; at most `cap + 1` of them are looked at."""
    return CappedCount(rows.order_by().values("pk")[: cap + 1].count(), cap=cap)


class CappedPaginator(_Paginator):
    """Counts and pages the first 10,000 rows; who looks for others narrows the list by a filter or a search."""

    @cached_property
    def count(self) -> CappedCount:
        rows: Any = self.object_list
        return capped_count(rows, COUNTED_AT_MOST)


class SearchForm(forms.Form):
    """Each word of a search is one more condition on each row, so there are few."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The form of Django makes its field here, too: the name is a constant of its.
        self.fields = {
            SEARCH_VAR: forms.CharField(
                required=False,
                max_length=MAX_SEARCH_LENGTH,
                error_messages={
                    "max_length": gettext("A search has at most %(count)d characters.") % {"count": MAX_SEARCH_LENGTH}
                },
            )
        }

    def clean(self) -> None:
        if len(self.cleaned_data.get(SEARCH_VAR, "").split()) > MAX_SEARCH_WORDS:
            self.add_error(SEARCH_VAR, gettext("A search has at most %(count)d words.") % {"count": MAX_SEARCH_WORDS})


class BoundedChangeList(ChangeList):
    search_form_class = SearchForm

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            # Nothing is left out, so the page need not offer to show it.
            self.full_result_count = self.result_count


class LinkedFilter(admin.RelatedFieldListFilter):
    """Filters by one related row, to which a link elsewhere leads: it lists that row and not thousands of others."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        try:
            rows = field.remote_field.model._default_manager.filter(pk__in=self.lookup_val or [])[:1]
            return [(row.pk, str(row)) for row in rows]
        except (ValueError, ValidationError):
            return []

    def has_output(self) -> bool:
        return bool(self.lookup_val)
