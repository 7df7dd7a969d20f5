"""E-mail addresses, in the form in which this app compares them."""

from __future__ import annotations

import string
from typing import Any

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def normalise(address: str) -> str:
    """Return `address` as it is stored and compared: A to Z in lower case, the rest unchanged.

    `str.lower` maps a few letters beyond ASCII, such as the Kelvin sign, to ASCII ones. By that, the address of one
    person could become that of another.
    """
    return address.translate(_LOWER)


def address_of(user: Any) -> str:
    """Return the normalised e-mail address of a user's account; empty if it has none."""
    return normalise(getattr(user, user.get_email_field_name(), None) or "")
