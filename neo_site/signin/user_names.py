"""User names, as sign-in, the lockout and the audit log take them."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth import get_user_model


def normalise(name: str) -> str:
    """Return `name` so that spellings which look alike are equal: Unicode form, letter case and blanks around it."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def user_named(name: str) -> Any:
    """Return the user who signs in with `name`: their user name, or else their own verified e-mail address; or None.

    Costs one query, and two for what looks like an address, whether or not there is such a user.
    """
    from allauth.account.models import EmailAddress

    users = get_user_model()
    try:
        user = users._default_manager.filter(**{users.USERNAME_FIELD: name}).first()
        if "@" not in name:
            return user
        verified = EmailAddress.objects.filter(email=name.lower(), verified=True, primary=True)
        address = verified.select_related("user").first()
    except ValueError:  # Letters that no database takes.
        return None
    return user or (address and address.user)
