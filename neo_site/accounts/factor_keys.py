"""The keys of authenticator applications and the seeds of recovery codes, sealed in the database.

Those of earlier releases are in the clear. They open as they are, and are sealed when they are used next, or by
`manage.py seal_second_factors`.
"""

from __future__ import annotations

from typing import Any

from secrets_app.site_sealing import is_sealed, open_text, seal_text

PURPOSE = "second-factor"
ONE, SEVERAL = ("secret", "seed"), "migrated_codes"
"""The members of an authenticator's `data` that hold a key, and the one that holds several codes."""


def seal(text: str) -> str:
    """Return `text` sealed. Raises KeyUnavailable."""
    return seal_text(PURPOSE, text)


def open_sealed(stored: str) -> str:
    """Return the text that is stored, sealed or in the clear. Raises KeyUnavailable."""
    return open_text(PURPOSE, stored) if is_sealed(stored) else stored


def is_in_the_clear(authenticator: Any) -> bool:
    """Return whether the row has a key or a code that is not sealed."""
    data = authenticator.data
    texts = [*(data[name] for name in ONE if name in data), *data.get(SEVERAL, ())]
    return not all(map(is_sealed, texts))


def seal_at_rest(authenticator: Any) -> bool:
    """Seal what the row has in the clear, and save it; return whether there was anything. Raises KeyUnavailable."""
    if not is_in_the_clear(authenticator):
        return False
    data: dict[str, Any] = dict(authenticator.data)
    for name in ONE:
        if name in data:
            data[name] = _sealed(data[name])
    if SEVERAL in data:
        data[SEVERAL] = [_sealed(code) for code in data[SEVERAL]]
    authenticator.data = data
    authenticator.save(update_fields=["data"])
    return True


def _sealed(text: str) -> str:
    return text if is_sealed(text) else seal(text)
