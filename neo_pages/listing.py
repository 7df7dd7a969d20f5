"""What a list of secrets is asked for: part of a name, a filter, an order, a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from neo_base.rest.languages import Text
from neo_base.rest.offset_pagination import read_page
from secrets_app.masks import masked_value
from secrets_app.models import Secret
from secrets_app.models.secret import EXPIRES_SOON, MAX_NAME_LENGTH, UNUSED_AFTER, SecretQuerySet

PER_PAGE = 50
MAX_PAGE = 1_000

FILTERS: Mapping[str, tuple[Text, Callable[[SecretQuerySet], SecretQuerySet]]] = {
    "always_on": (_("Always on"), lambda rows: rows.filter(default_available=True)),
    "by_agent": (_("Made by an agent"), lambda rows: rows.filter(created_by_agent=True)),
    "quarantined": (_("In quarantine"), SecretQuerySet.quarantined),
    "expiring_soon": (
        format_lazy(_("Expires within {days} days"), days=EXPIRES_SOON.days),
        SecretQuerySet.expiring_soon,
    ),
    "expired": (_("Expired"), SecretQuerySet.expired),
    "unused": (format_lazy(_("Unused for {days} days"), days=UNUSED_AFTER.days), SecretQuerySet.unused),
    "too_short_to_mask": (_("Too short to redact"), SecretQuerySet.too_short_to_mask),
    "damaged": (_("Damaged"), SecretQuerySet.damaged),
}

ORDERS: Mapping[str, Text] = {
    "name": _("Name"),
    "-updated_at": _("Changed last"),
    "-last_used_at": _("Used last"),
    "expires_at": _("Expires first"),
}


@dataclass(frozen=True)
class Row:
    """A secret in a list, with its mask; None stands for one that does not open."""

    secret: Secret
    mask: str | None


class Listing:
    """The secrets that a query asks for. What it does not know counts as not asked, so that no address fails."""

    def __init__(self, query: QueryDict, rows: SecretQuerySet) -> None:
        self.search = query.get("search", "").replace("\0", "").strip()[:MAX_NAME_LENGTH]
        self.filter = _one_of(FILTERS, query.get("filter", ""), "")
        self.order = _one_of(ORDERS, query.get("order", ""), "name")
        self.page = _page_number(query.get("page", ""))
        self._rows = rows

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.filter)

    @cached_property
    def _found(self) -> tuple[list[Secret], int]:
        rows = self._rows.matching(self.search).sorted_by(self.order)
        if self.filter:
            rows = FILTERS[self.filter][1](rows)
        # A list shows the mask, which is stored beside the value, so the value is not even fetched.
        rows = rows.defer("value").select_related("data_key")
        return read_page(rows, limit=PER_PAGE, offset=(self.page - 1) * PER_PAGE)

    @property
    def rows(self) -> list[Row]:
        return [Row(secret, masked_value(secret)) for secret in self._found[0]]

    @property
    def count(self) -> int:
        return self._found[1]

    @property
    def filters(self) -> list[tuple[str, Text, bool]]:
        """Return the choices of the filter: key, text, and whether it is chosen."""
        known = {"": _("All"), **{key: text for key, (text, _narrow) in FILTERS.items()}}
        return [(key, text, key == self.filter) for key, text in known.items()]

    @property
    def orders(self) -> list[tuple[str, Text, bool]]:
        return [(key, text, key == self.order) for key, text in ORDERS.items()]

    @property
    def previous(self) -> str:
        """Return the query of the page before; empty on the first."""
        return self._query_of(self.page - 1) if self.page > 1 else ""

    @property
    def next(self) -> str:
        return self._query_of(self.page + 1) if self.page * PER_PAGE < self.count else ""

    @property
    def last_page(self) -> int:
        return max(1, -(-self.count // PER_PAGE))

    def _query_of(self, page: int) -> str:
        asked = {"search": self.search, "filter": self.filter, "order": self.order, "page": str(page)}
        return "?" + urlencode({name: value for name, value in asked.items() if value})


def _one_of(known: Mapping[str, object], asked: str, otherwise: str) -> str:
    return asked if asked in known else otherwise


def _page_number(asked: str) -> int:
    is_number = asked.isascii() and asked.isdigit() and len(asked) <= len(str(MAX_PAGE))
    return min(max(int(asked), 1), MAX_PAGE) if is_number else 1
