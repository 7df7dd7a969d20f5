"""Texts of the site itself, sealed under a key of their own that a master key wraps, as it wraps the keys of owners.

For what is no secret of any user or project and belongs to one part of the site, such as the keys of second factors. A
sealed text is bound to its purpose and to nothing else: whoever writes to the database can exchange two of them.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from uuid import UUID, uuid4

from secrets_app.crypto import DataKeyCipher, SecretContext, blob_key_id, new_data_key
from secrets_app.crypto.errors import CryptoError, OpenFailed
from secrets_app.errors import KeyUnavailable
from secrets_app.master_keys import ensure_check_value, key_provider
from secrets_app.models import SiteKey

PREFIX = "sealed:"
"""What a sealed text begins with, to tell it from one in the clear."""

FIELD = "text"
VERSION = 1


def is_sealed(text: str) -> bool:
    return text.startswith(PREFIX)


def seal_text(purpose: str, text: str) -> str:
    """Return `text` sealed, as ASCII. Raises KeyUnavailable."""
    row = SiteKey.objects.filter(purpose=purpose).first() or _create(purpose)
    blob = _cipher(row.pk).seal(text.encode(), _context(row))
    return PREFIX + urlsafe_b64encode(blob).decode()


def open_text(purpose: str, sealed: str) -> str:
    """Return what `seal_text` sealed for this purpose. Raises KeyUnavailable, also for a text that does not open."""
    try:
        blob = urlsafe_b64decode(sealed.removeprefix(PREFIX).encode())
        row = SiteKey.objects.get(pk=blob_key_id(blob), purpose=purpose)
        return _cipher(row.pk).open(blob, _context(row)).decode()
    except (OpenFailed, SiteKey.DoesNotExist, ValueError):
        raise KeyUnavailable() from None


def _context(row: SiteKey) -> SecretContext:
    return SecretContext(FIELD, row.pk, row.owner.label, VERSION)


@lru_cache(maxsize=16)
def _cipher(key_id: UUID) -> DataKeyCipher:
    """Return the unwrapped key, remembered until the process ends. Raises KeyUnavailable, which is not remembered."""
    row = SiteKey.objects.get(pk=key_id)
    try:
        return DataKeyCipher(
            row.pk, key_provider().unwrap(row.master_key_id, row.pk, row.owner.label, bytes(row.wrapped))
        )
    except CryptoError:
        raise KeyUnavailable() from None


def _create(purpose: str) -> SiteKey:
    try:
        provider = key_provider()
        key_id, new = provider.active_key_id, SiteKey(pk=uuid4(), purpose=purpose)
        ensure_check_value(key_id)
    except CryptoError:
        raise KeyUnavailable() from None
    row, _ = SiteKey.objects.get_or_create(
        purpose=purpose,
        defaults={
            "id": new.pk,
            "master_key_id": key_id,
            "wrapped": lambda: provider.wrap(key_id, new.pk, new.owner.label, new_data_key()),
        },
    )
    return row
