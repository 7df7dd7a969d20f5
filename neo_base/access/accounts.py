"""Questions about the site's user accounts that also work for a custom user model without the usual columns."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model


def is_active(user: Any) -> bool:
    """Return whether `user` may sign in. Without an `is_active` field, every user counts as active."""
    return bool(getattr(user, "is_active", True))


def can_be_inactive() -> bool:
    """Return whether the user model has a column `is_active` that queries can filter by."""
    return _has_column("is_active")


def has_password() -> bool:
    """Return whether the user model has a column `password` that queries can filter by."""
    return _has_column("password")


def _has_column(name: str) -> bool:
    return any(field.name == name for field in get_user_model()._meta.get_fields())
