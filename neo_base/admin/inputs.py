"""The cleaner of what a URL or a form names on a page of the admin: filters, searches and the keys of rows.

Databases differ in what they refuse: PostgreSQL every NUL, SQLite integers of more than 64 bits, both times outside
of their calendars. Without this, Django answers each of these with 500.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.widgets import url_params_from_lookup_dict
from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import DateTimeField, Model


def is_text(given: str) -> bool:
    """Return whether every database can compare a column with this text."""
    return "\0" not in given


def is_key(model: type[Model], given: str) -> bool:
    """Return whether this text could be the key of a row of `model`: of its type, and in the range of its column."""
    if not is_text(given):
        return False
    try:
        model._meta.pk.clean(given, None)
    except (ValidationError, ValueError, OverflowError):
        return False
    return True


def is_initial(model: type[Model], name: str, given: Any) -> bool:
    """Return whether the form of a new row can begin with this value. For a time, Django's widget fails on a text."""
    if not isinstance(given, str):
        return True
    times = {field.name for field in model._meta.concrete_fields if isinstance(field, DateTimeField)}
    return is_text(given) and name not in times


def require_texts(given: Iterable[str]) -> None:
    """Raise IncorrectLookupParameters, which Django's lists answer with a redirect, unless each `is_text`."""
    if not all(map(is_text, given)):
        raise IncorrectLookupParameters


@contextmanager
def incorrect_unless_usable() -> Iterator[None]:
    """Raise IncorrectLookupParameters for what a filter, or the database, cannot make anything of."""
    try:
        yield
    except (ValidationError, ValueError, OverflowError, DataError) as error:
        raise IncorrectLookupParameters from error


def lookups_for_choices(model: type[Model]) -> dict[str, Any]:
    """Return the lookups with which a raw-id field of another model opens the list of `model` (`limit_choices_to`)."""
    found: dict[str, Any] = {}
    for limit in model._meta.related_fkey_lookups:
        found |= url_params_from_lookup_dict(limit() if callable(limit) else limit)
    return found
