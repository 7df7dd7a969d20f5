"""The site's users, whose model may be its own: what it may lack has an answer here."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model


def is_active(user: Any) -> bool:
    """Whether he may sign in; a user model without `is_active` has nobody who may not."""
    return bool(getattr(user, "is_active", True))


def can_be_inactive() -> bool:
    """Whether the user model has the column to filter by."""
    return any(field.name == "is_active" for field in get_user_model()._meta.get_fields())
