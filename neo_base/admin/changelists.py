"""Change lists of the Django admin that stay fast, however many rows there are, and usable, whatever a URL asks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ERROR_FLAG, SEARCH_VAR, ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import DateTimeField, QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext

from neo_base.admin.inputs import (
    incorrect_unless_usable,
    is_initial,
    is_key,
    is_text,
    lookups_for_choices,
    require_texts,
)
from neo_base.admin.widgets import LabelledDateTime

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _Paginator = Paginator[Any]
else:
    _ModelAdmin = admin.ModelAdmin
    _Paginator = Paginator

_NOTHING = object()

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
    """A change list with the bounded search form, which filters by what its page offers and by nothing else."""

    search_form_class = SearchForm

    def get_filters(self, request: HttpRequest) -> Any:
        found = super().get_filters(request)
        # What no filter of the page has taken.
        for lookup in found[2]:
            if not self._is_offered(lookup):
                raise DisallowedModelAdminLookup(f"Filtering by {lookup} not allowed")
        return found

    def _is_offered(self, lookup: str) -> bool:
        dates = {f"{self.date_hierarchy}__gte", f"{self.date_hierarchy}__lt"}
        named: frozenset[str] = getattr(self.model_admin, "allowed_lookups", frozenset())
        if lookup in dates | named:
            return True
        return bool(lookups_for_choices(self.model).get(lookup, _NOTHING) == self.params.get(lookup))

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        require_texts(value for name, values in self.filter_params.items() if name != SEARCH_VAR for value in values)
        with incorrect_unless_usable():
            return super().get_queryset(request, exclude_parameters)

    def get_results(self, request: HttpRequest) -> None:
        with incorrect_unless_usable():
            super().get_results(request)
        if not (self.query or self.has_active_filters):
            # The list is not narrowed, so the page has no other total to show.
            self.full_result_count = self.result_count


class BoundedInput(_ModelAdmin):
    """Mixin for pages of the admin: whatever a client names in a URL or a selection, the answer is never a 500.

    Lists filter by what they offer and by nothing else: with Django's lookups on every column, staff who may view a
    model could guess a hash or a key letter by letter, or keep the database busy with a regular expression.
    """

    formfield_overrides = {DateTimeField: {"widget": LabelledDateTime}}
    allowed_lookups: ClassVar[frozenset[str]] = frozenset()
    """The lookups that a list's URL may filter by, in addition to those of its `list_filter`."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if ERROR_FLAG in request.GET:
            messages.warning(request, gettext("The address has a filter that cannot be used. The list is unfiltered."))
            if len(request.GET) > 1:
                # Django would call a further filter that cannot be used a database error.
                kept = request.GET.copy()
                del kept[ERROR_FLAG]
                request.GET = kept  # type: ignore[assignment]
        return super().changelist_view(request, *args, **kwargs)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        if all(is_key(self.model, chosen) for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            return super().response_action(request, queryset, *args, **kwargs)
        messages.error(request, gettext("Nothing was changed. The selection names a row that cannot exist."))
        return None

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return super().get_object(request, object_id, from_field) if is_text(object_id) else None

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the URL presets in a form, as far as the fields can have such a value."""
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        return {name: value for name, value in given.items() if is_initial(self.model, name, value)}

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Find nothing by a search beyond the limits. Lists have refused it in words; autocompletion has no place."""
        if not SearchForm({SEARCH_VAR: search_term}).is_valid():
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)


class LinkedFilter(admin.RelatedFieldListFilter):
    """A filter by one related row, reached by a link from elsewhere. It offers that row, not thousands of others."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        try:
            key = field.target_field.attname
            rows = field.remote_field.model._default_manager.filter(**{f"{key}__in": self.lookup_val or []})[:1]
            return [(getattr(row, key), str(row)) for row in rows]
        except (ValueError, ValidationError):
            return []

    def has_output(self) -> bool:
        return bool(self.lookup_val)
