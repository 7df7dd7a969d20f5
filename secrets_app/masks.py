"""Masks for people to see: the sealed mask of a row is opened, never its value."""

from __future__ import annotations

from secrets_app import vault
from secrets_app.errors import Unreadable


def masked_value(row: vault.Masked) -> str | None:
    """Return the mask, or None if the row cannot be opened: one damaged row must not hide a whole list."""
    try:
        return vault.open_mask(row)
    except Unreadable:
        return None
