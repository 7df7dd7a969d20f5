"""E-mail addresses as this app compares them."""

from __future__ import annotations

import string
from typing import Any

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def normalise(address: str) -> str:
    """The form in which addresses are stored and compared: A to Z in lower case, the rest as it is.

    Python's own lower-casing maps letters beyond ASCII, such as the Kelvin sign, onto ASCII ones, and by that one
    person's address onto another's.
    """
    return address.translate(_LOWER)


def address_of(user: Any) -> str:
    """The normalised address of a user's account; empty when it has none."""
    return normalise(getattr(user, type(user).get_email_field_name(), None) or "")
