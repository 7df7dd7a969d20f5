"""Links between pages of the Django admin. Where the site has no such page, plain text stands in their place."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from neo_base.rest.languages import Text


def link_to(site: AdminSite, row: Model | None, text: Text = "") -> str | None:
    """Return a link to the row's page, plain text if `site` has no such page, or None if there is no row."""
    if row is None:
        return None
    return _link(_address(site.name, row, "change", [row.pk]), text or str(row))


def link_to_list(site: AdminSite, model: type[Model], text: Text, **filters: Any) -> str:
    """Return `text` as a link to the filtered list of `model`, or plain if `site` has no such list.

    A filter by a related row is given as `project=project`.
    """
    return _link(list_address(site.name, model, **filters), text)


def list_address(site_name: str | None, model: type[Model], **filters: Any) -> str:
    """Return the URL of the filtered list of `model`; empty if the admin site of this name has no such list."""
    named = [
        _row_filter(model, name, value) if isinstance(value, Model) else (name, value)
        for name, value in filters.items()
    ]
    address = _address(site_name, model, "changelist")
    return f"{address}?{urlencode(named)}" if address and named else address


def row_lookup(model: type[Model], path: str) -> str:
    """Return the lookup by which a list of `model` filters by a related row: `path__id__exact` if its key is `id`."""
    return f"{path}__{_key(model, path).name}__exact"


def _row_filter(model: type[Model], path: str, row: Model) -> tuple[str, Any]:
    return row_lookup(model, path), getattr(row, _key(model, path).attname)


def _key(model: type[Model], path: str) -> Any:
    """Return the field by which rows of `model` name a related row."""
    related: Any = get_fields_from_path(model, path)[-1]
    return related.target_field


def _link(address: str, text: Text) -> str:
    return format_html('<a href="{}">{}</a>', address, text) if address else str(text)


def _address(site_name: str | None, model: Model | type[Model], page: str, args: list[Any] | None = None) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    try:
        return reverse(name, args=args, current_app=site_name)
    except NoReverseMatch:
        return ""
