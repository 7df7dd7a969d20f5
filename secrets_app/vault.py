"""Where values are sealed and opened. Who imports this module has read every place that can see plaintext.

Each owner has data keys of its own, wrapped under a master key; unwrapped ones are remembered for the life of the
process, by id. A blob is bound to its owner, secret, field and version, so it opens in its own row and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from uuid import UUID, uuid4

from django.db import connections, transaction
from django.db.models import F

from secrets_app.crypto import DataKeyCipher, SecretContext, blob_key_id, new_data_key
from secrets_app.crypto.errors import CryptoError, KeyringError, OpenFailed
from secrets_app.errors import KeyUnavailable, Unreadable
from secrets_app.fields import Sealed
from secrets_app.master_keys import ensure_canary, key_provider
from secrets_app.models import DataKey, Secret, SecretVersion
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext

# NIST SP 800-38D allows 2^32 seals under one key with random nonces; stay far below.
RENEW_AFTER_SEALS = 2**20
HARD_STOP_SEALS = 2**28
SEALS_PER_LEASE = 2**10
SEALS_PER_VALUE = 2
CACHED_KEYS = 4_096

Show = Callable[[], str]
"""How to come by a text, in place of the text: the variables of a function are shown where it fails."""


@dataclass(frozen=True)
class SealedPair:
    """A value and its mask, sealed under one data key for one version of one secret."""

    data_key_id: UUID
    value: Sealed
    mask: Sealed


def seal(plaintext: Plaintext, *, owner: Owner, secret_id: UUID, version: int) -> SealedPair:
    """Seal a value and its mask; must run inside the transaction that stores them.

    Costs one query, and one write every few hundred values to count them. Raises KeyUnavailable, and ValueError for a
    text that UTF-8 cannot hold.
    """
    return _seal(plaintext.reveal, plaintext.mask, owner, secret_id, version)


def reseal(row: Secret | SecretVersion) -> SealedPair:
    """What is sealed in this row, sealed by the active key of its owner; must run in the transaction that stores it.

    Raises Unreadable or KeyUnavailable.
    """
    value, mask = open_value(row), Plaintext(open_mask(row))
    return _seal(value.reveal, mask.reveal, row.owner, row.secret_id, row.version)


def _seal(value: Show, mask: Show, owner: Owner, secret_id: UUID, version: int) -> SealedPair:
    try:
        cipher = _cipher(_Key(_active_data_key(owner)))
    except (OpenFailed, DataKey.DoesNotExist):
        raise KeyUnavailable() from None

    def sealed(field: str, text: Show) -> Sealed:
        context = SecretContext(field, secret_id, owner.label, version)
        try:
            return Sealed(cipher.seal(_encoded(text), context))
        except Exception as error:  # noqa: BLE001  (raised again)
            # Without the frames below this one: their variables hold the value, and collectors of errors read them.
            raise error.with_traceback(None) from None

    return SealedPair(cipher.dek_id, sealed("value", value), sealed("mask", mask))


def _encoded(text: Show) -> bytes:
    with suppress(UnicodeEncodeError):
        return text().encode()
    # Outside of the handler: the other error holds the text, and would be this one's context.
    raise ValueError("UTF-8 cannot hold this value: it has half a surrogate pair.")


def open_value(row: Secret | SecretVersion) -> Plaintext:
    """The value of a secret or of a former version. Raises Unreadable or KeyUnavailable."""
    return Plaintext(_open(row, "value", row.value))


def open_mask(row: Secret | SecretVersion) -> str:
    """The mask of a secret or of a former version. Raises Unreadable or KeyUnavailable."""
    return _open(row, "mask", row.mask)


def _open(row: Secret | SecretVersion, field: str, sealed: Sealed) -> str:
    context = SecretContext(field, row.secret_id, row.owner.label, row.version)
    try:
        return _cipher(_key_of(row, sealed)).open(sealed.blob, context).decode()
    except (OpenFailed, DataKey.DoesNotExist):
        raise Unreadable() from None


@dataclass(frozen=True)
class _Key:
    """A data key by its id; with its row, where somebody has read that already."""

    id: UUID
    row: DataKey | None = field(default=None, compare=False)


def _key_of(row: Secret | SecretVersion, sealed: Sealed) -> _Key:
    """The key that sealed it, as the blob says. With `select_related("data_key")` a list needs no query per key."""
    key_id, loaded = blob_key_id(sealed.blob), row._state.fields_cache.get("data_key")
    return _Key(key_id, loaded if loaded is not None and loaded.pk == key_id else None)


@lru_cache(maxsize=CACHED_KEYS)
def _cipher(key: _Key) -> DataKeyCipher:
    """The unwrapped data key. Raises KeyUnavailable, OpenFailed or DataKey.DoesNotExist; none of them is remembered."""
    row = key.row or DataKey.objects.get(pk=key.id)
    try:
        bytes_of_key = key_provider().unwrap(row.master_key_id, row.id, row.owner.label, bytes(row.wrapped))
    except OpenFailed:
        raise
    except CryptoError:
        raise KeyUnavailable() from None
    return DataKeyCipher(row.id, bytes_of_key)


def _active_data_key(owner: Owner) -> UUID:
    """The id of the owner's active key, made when it is first needed and renewed when it has sealed enough."""
    row = _held_active_key(owner) or _create_data_key(owner)
    if row.seals >= RENEW_AFTER_SEALS:
        row = renew(row)
    if row.seals >= HARD_STOP_SEALS:
        raise KeyUnavailable()
    _leases.take(row.id)
    return row.id


def _held_active_key(owner: Owner) -> DataKey | None:
    """The active key, which nobody destroys before this transaction has ended.

    On PostgreSQL by the lock that storing what it sealed takes anyway; on SQLite there is no second writer.
    """
    active = DataKey.objects.filter(state=DataKey.State.ACTIVE, **owner.columns)
    if connections[active.db].vendor != "postgresql":
        return active.first()
    sql, parameters = active.query.sql_with_params()
    return next(iter(DataKey.objects.raw(f"{sql} FOR KEY SHARE", parameters)), None)


def renew(row: DataKey) -> DataKey:
    """Let this key seal no more, and the active one of its owner instead; both in one transaction.

    Raises KeyUnavailable.
    """
    DataKey.objects.filter(pk=row.pk, state=DataKey.State.ACTIVE).update(state=DataKey.State.RETIRING)
    return _held_active_key(row.owner) or _create_data_key(row.owner)


def _create_data_key(owner: Owner) -> DataKey:
    try:
        provider = key_provider()
        key_id = provider.active_key_id
        ensure_canary(key_id)
    except KeyringError:
        raise KeyUnavailable() from None
    new_id = uuid4()
    row, _ = DataKey.objects.get_or_create(
        state=DataKey.State.ACTIVE,
        **owner.columns,
        defaults={
            "id": new_id,
            "master_key_id": key_id,
            "wrapped": lambda: provider.wrap(key_id, new_id, owner.label, new_data_key()),
        },
    )
    return row


class _Leases:
    """Counts seals without writing to the key's row each time.

    A process books some in advance and uses them up; what is left when it ends stays counted, so the number in the row
    never falls behind what has been stored.
    """

    def __init__(self) -> None:
        self._left: Counter[UUID] = Counter()
        self._lock = Lock()

    def take(self, data_key_id: UUID) -> None:
        with self._lock:
            if self._left[data_key_id] >= SEALS_PER_VALUE:
                self._left[data_key_id] -= SEALS_PER_VALUE
                return
        DataKey.objects.filter(pk=data_key_id).update(seals=F("seals") + SEALS_PER_LEASE)
        transaction.on_commit(lambda: self._add(data_key_id))

    def _add(self, data_key_id: UUID) -> None:
        with self._lock:
            self._left[data_key_id] += SEALS_PER_LEASE - SEALS_PER_VALUE


_leases = _Leases()
