"""Change lists of the Django admin that stay fast, however many rows there are."""

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
    """A number of rows, shown as `10,000+` if counting stopped at the cap."""

    def __new__(cls, counted: int, *, cap: int) -> CappedCount:
        number = super().__new__(cls, min(counted, cap))
        number.is_capped = counted > cap
        return number

    is_capped: bool

    def __str__(self) -> str:
        return str(number_format(int(self), force_grouping=True)) + ("+" if self.is_capped else "")


def capped_count(rows: QuerySet[Any], cap: int) -> CappedCount:
    """Count `rows` up to `cap`, in one query that reads at most `cap + 1` of them."""
    return CappedCount(rows.order_by().values("pk")[: cap + 1].count(), cap=cap)


class CappedPaginator(_Paginator):
    """A paginator over the first 10,000 rows. Operators reach further rows by a filter or a search."""

    @cached_property
    def count(self) -> CappedCount:
        rows: Any = self.object_list
        return capped_count(rows, COUNTED_AT_MOST)


class SearchForm(forms.Form):
    """The search form of a list, with limits: each word of a search adds a condition to the query."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Django's form also adds this field here, not in the class, since SEARCH_VAR holds its name.
        self.fields = {
            SEARCH_VAR: forms.CharField(
                required=False,
                max_length=MAX_SEARCH_LENGTH,
                error_messages={
                    "max_length": gettext("The search is too long. Use at most %(count)d characters.")
                    % {"count": MAX_SEARCH_LENGTH}
                },
            )
        }

    def clean(self) -> None:
        if len(self.cleaned_data.get(SEARCH_VAR, "").split()) > MAX_SEARCH_WORDS:
            self.add_error(
                SEARCH_VAR,
                gettext("The search has too many words. Use at most %(count)d.") % {"count": MAX_SEARCH_WORDS},
            )


class BoundedChangeList(ChangeList):
    """A change list with the bounded search form."""

    search_form_class = SearchForm

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            # The list is not narrowed, so the page has no other total to show.
            self.full_result_count = self.result_count


class LinkedFilter(admin.RelatedFieldListFilter):
    """A filter by one related row, reached by a link from elsewhere. It offers that row, not thousands of others."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        try:
            rows = field.remote_field.model._default_manager.filter(pk__in=self.lookup_val or [])[:1]
            return [(row.pk, str(row)) for row in rows]
        except (ValueError, ValidationError):
            return []

    def has_output(self) -> bool:
        return bool(self.lookup_val)
