"""The two codes of a sign-in by browser, and what is stored of them.

The program keeps the device code and gets its session for it; the user types or compares the user code.
"""

from __future__ import annotations

import re

from django.utils.crypto import get_random_string, salted_hmac

# As RFC 8628 section 6.1 advises: no vowels, so no words, and nothing that looks like something else. 34 bits.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
USER_CODE_LENGTH = 8


def new_user_code() -> str:
    """Return a new code for people, such as `WDJB-MJHT`."""
    code = get_random_string(USER_CODE_LENGTH, ALPHABET)
    return f"{code[:4]}-{code[4:]}"


def normalise(typed: str) -> str:
    """Return a user code as it was shown, however it was typed: in small letters, without the dash, with blanks."""
    letters = re.sub(r"[^A-Z]", "", typed.upper())
    return f"{letters[:4]}-{letters[4:]}"


def digest(code: str) -> str:
    """Return what is stored of a code, and found by: a keyed hash, or a reader of the database could try user codes."""
    return salted_hmac("neo_site.signin.devices", code, algorithm="sha256").hexdigest()
