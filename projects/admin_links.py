"""Links from one thing in the Django admin to another, where the site has a page for it."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import urlencode


def link_to(site: AdminSite, row: Model | None, text: str = "") -> str | None:
    """The row, as a link to its page where `site` has one; None where there is no row."""
    if row is None:
        return None
    return _link(site, row, "change", text or str(row), args=[row.pk])


def link_to_list(site: AdminSite, model: type[Model], text: str, **filters: Any) -> str:
    """`text`, as a link to the list of `model`, filtered, where `site` has one; by a row: `project=project`."""
    named = [
        (row_lookup(model, name), value.pk) if isinstance(value, Model) else (name, value)
        for name, value in filters.items()
    ]
    return _link(site, model, "changelist", text, query=urlencode(named))


def row_lookup(model: type[Model], path: str) -> str:
    """What the address of a list of `model` calls one related row; `path__id__exact` where its key is called `id`."""
    key: Any = get_fields_from_path(model, path)[-1]
    return f"{path}__{key.target_field.name}__exact"


def _link(
    site: AdminSite,
    model: Model | type[Model],
    page: str,
    text: str,
    args: list[Any] | None = None,
    query: str = "",
) -> str:
    try:
        address = reverse(_name(model, page), args=args, current_app=site.name)
    except NoReverseMatch:
        return text
    return format_html('<a href="{}{}">{}</a>', address, f"?{query}" if query else "", text)


def _name(model: Model | type[Model], page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
