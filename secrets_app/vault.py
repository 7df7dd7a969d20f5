"""The one module that seals and opens values. Whoever lists its importers knows every place that can see plaintext.

Each owner has data keys of its own, wrapped under a master key. A process remembers the keys it has unwrapped, by id,
until it ends. A blob is bound to its owner, secret, field and version, so it opens in its own row and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Self
from uuid import UUID, uuid4

from django.db import connections, transaction
from django.db.models import F, QuerySet

from neo_base.quick_way import NotRegular
from secrets_app.crypto import DataKeyCipher, SecretContext, blob_key_bytes, new_data_key
from secrets_app.crypto.errors import CryptoError, KeyringError, OpenFailed
from secrets_app.errors import KeyUnavailable, Unreadable
from secrets_app.fields import Sealed
from secrets_app.master_keys import ensure_check_value, key_provider
from secrets_app.models import DataKey, Secret, SecretVersion
from secrets_app.models.granted_value import GrantedValue
from secrets_app.models.shown_secret import ShownSecret
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext

# NIST SP 800-38D allows 2^32 seals under one key with random nonces; stay far below.
RENEW_AFTER_SEALS = 2**20
HARD_STOP_SEALS = 2**28
SEALS_PER_LEASE = 2**10
SEALS_PER_VALUE = 2
CACHED_KEYS = 4_096

Masked = Secret | SecretVersion | ShownSecret
Valued = Secret | SecretVersion | GrantedValue
Show = Callable[[], str]
"""A function that returns a text, passed instead of the text: tracebacks can show the variables of a function."""


@dataclass(frozen=True)
class SealedPair:
    """A value and its mask, sealed under one data key for one version of one secret."""

    data_key_id: UUID
    value: Sealed
    mask: Sealed


class Sealer:
    """Seals values of one owner under its active data key, inside the transaction that stores them.

    Making one costs a query, whatever the number of `values` that it will seal, and every few hundred values one write
    that counts them. Raises KeyUnavailable.
    """

    def __init__(self, owner: Owner, *, values: int = 1, data_key_id: UUID | None = None) -> None:
        self._owner = owner.label
        self.data_key_id = data_key_id or _active_data_key(owner, values)
        try:
            self._cipher = _cipher(self.data_key_id.bytes)
        except (OpenFailed, DataKey.DoesNotExist):
            raise KeyUnavailable() from None

    @classmethod
    def remembered(cls, owner: Owner, *, values: int) -> Self:
        """Return one with the key that this process used last for `owner`, as a rule without a query.

        It may have been retired meanwhile: the statement that stores what it seals has to see that it is active, and
        has sealed less than `bound_of_seals()`. Raises NotRegular if the owner has no key yet, or if it has sealed
        enough, and KeyUnavailable.
        """
        data_key_id = _last_used.get(owner) or _active_data_keys(owner).values_list("pk", flat=True).first()
        if data_key_id is None:
            raise NotRegular
        sealer = cls(owner, data_key_id=data_key_id)
        if not _leases.take(data_key_id, values * SEALS_PER_VALUE, below=bound_of_seals()):
            raise NotRegular
        _remember(owner, data_key_id)
        return sealer

    def seal(self, plaintext: Plaintext, *, secret_id: UUID, version: int) -> SealedPair:
        """Return a value and its mask sealed. Raises ValueError for a text that UTF-8 cannot hold."""
        return self._seal(plaintext.reveal, plaintext.mask, secret_id, version)

    def reseal(self, row: Secret | SecretVersion) -> SealedPair:
        """Return the value and mask of `row`, a row of this owner, sealed anew. Raises Unreadable or KeyUnavailable."""
        value, mask = open_value(row), Plaintext(open_mask(row))
        return self._seal(value.reveal, mask.reveal, row.secret_id, row.version)

    def _seal(self, value: Show, mask: Show, secret_id: UUID, version: int) -> SealedPair:
        def sealed(field: str, text: Show) -> Sealed:
            context = SecretContext(field, secret_id, self._owner, version)
            try:
                return Sealed(self._cipher.seal(_encoded(text), context))
            except Exception as error:  # noqa: BLE001  (raised again)
                # The frames below this one go: their variables hold the value, and error collectors read variables.
                raise error.with_traceback(None) from None

        return SealedPair(self._cipher.dek_id, sealed("value", value), sealed("mask", mask))


def bound_of_seals() -> int:
    """Return how often a key may have sealed that is neither to be renewed nor to be stopped."""
    return min(RENEW_AFTER_SEALS, HARD_STOP_SEALS)


def _encoded(text: Show) -> bytes:
    with suppress(UnicodeEncodeError):
        return text().encode()
    # Raised outside the handler: the UnicodeEncodeError holds the text and would become the context of this one.
    raise ValueError("UTF-8 cannot hold this value: it contains half a surrogate pair.")


def open_value(row: Valued) -> Plaintext:
    """Return the value of a secret or of a former version. Raise Unreadable or KeyUnavailable."""
    return Plaintext(_open(row, "value", row.value))


def open_mask(row: Masked) -> str:
    """Return the mask of a secret or of a former version. Raise Unreadable or KeyUnavailable."""
    return _open(row, "mask", row.mask)


def check(row: Secret | SecretVersion) -> None:
    """Open the value and the mask of `row`, and drop both. Raise Unreadable or KeyUnavailable."""
    _open(row, "value", row.value)
    _open(row, "mask", row.mask)


def _open(row: Masked | Valued, field: str, sealed: Sealed) -> str:
    owner = row.owner_label if isinstance(row, GrantedValue) else row.owner.label
    context = SecretContext(field, row.secret_id, owner, row.version)
    try:
        return _cipher(_key_of(row, sealed)).open(sealed.blob, context).decode()
    except (OpenFailed, DataKey.DoesNotExist):
        raise Unreadable() from None


class _LoadedKey(bytes):
    """The id of a data key, like any other, with the row, which has been read already."""

    row: DataKey


def _key_of(row: Masked | Valued, sealed: Sealed) -> bytes:
    """Return the id of the key that the blob names. With `select_related("data_key")` a list needs no query per key."""
    key_id = blob_key_bytes(sealed.blob)
    loaded = None if isinstance(row, tuple) else row._state.fields_cache.get("data_key")
    if loaded is not None and loaded.pk.bytes == key_id:
        key_id = _LoadedKey(key_id)
        key_id.row = loaded
    return key_id


@lru_cache(maxsize=CACHED_KEYS)
def _cipher(key_id: bytes) -> DataKeyCipher:
    """Return the unwrapped data key. Raise KeyUnavailable, OpenFailed or DataKey.DoesNotExist, which are not cached."""
    row = key_id.row if isinstance(key_id, _LoadedKey) else DataKey.objects.get(pk=UUID(bytes=key_id))
    try:
        bytes_of_key = key_provider().unwrap(row.master_key_id, row.id, row.owner.label, bytes(row.wrapped))
    except OpenFailed:
        raise
    except CryptoError:
        raise KeyUnavailable() from None
    return DataKeyCipher(row.id, bytes_of_key)


def _active_data_key(owner: Owner, values: int) -> UUID:
    """Return the id of the owner's active key: made at its first use, renewed when it has sealed enough."""
    row = _held_active_key(owner) or _create_data_key(owner)
    if row.seals >= RENEW_AFTER_SEALS:
        row = renew(row)
    if row.seals >= HARD_STOP_SEALS:
        raise KeyUnavailable()
    _leases.take(row.id, values * SEALS_PER_VALUE)
    _remember(owner, row.id)
    return row.id


def _remember(owner: Owner, data_key_id: UUID) -> None:
    if len(_last_used) >= CACHED_KEYS:
        _last_used.clear()
    _last_used[owner] = data_key_id


def _active_data_keys(owner: Owner) -> QuerySet[DataKey]:
    return DataKey.objects.filter(state=DataKey.State.ACTIVE, **owner.columns)


def _held_active_key(owner: Owner) -> DataKey | None:
    """Return the active key, locked so that nobody destroys it before this transaction ends.

    On PostgreSQL this takes the lock that storing the sealed value would take anyway; SQLite has no second writer.
    """
    active = _active_data_keys(owner)
    if connections[active.db].vendor != "postgresql":
        return active.first()
    sql, parameters = active.query.sql_with_params()
    return next(iter(DataKey.objects.raw(f"{sql} FOR KEY SHARE", parameters)), None)


def renew(row: DataKey) -> DataKey:
    """Retire this key and return the active one of its owner; must run inside a transaction.

    Raises KeyUnavailable.
    """
    DataKey.objects.filter(pk=row.pk, state=DataKey.State.ACTIVE).update(state=DataKey.State.RETIRING)
    return _held_active_key(row.owner) or _create_data_key(row.owner)


def _create_data_key(owner: Owner) -> DataKey:
    try:
        provider = key_provider()
        key_id = provider.active_key_id
        ensure_check_value(key_id)
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
    """A count of seals that does not write to the key's row each time.

    A process books seals in advance and uses them up. Those left over when it ends stay counted, so the number in the
    row is never less than what was stored.
    """

    def __init__(self) -> None:
        self._left: Counter[UUID] = Counter()
        self._lock = Lock()

    def take(self, data_key_id: UUID, seals: int, *, below: int = HARD_STOP_SEALS) -> bool:
        """Use up `seals`; return False if they would have to be booked, and the key has sealed `below` or more."""
        with self._lock:
            if self._left[data_key_id] >= seals:
                self._left[data_key_id] -= seals
                return True
        booked = max(seals, SEALS_PER_LEASE)
        if not DataKey.objects.filter(pk=data_key_id, seals__lt=below).update(seals=F("seals") + booked):
            return False
        transaction.on_commit(lambda: self._add(data_key_id, booked - seals))
        return True

    def _add(self, data_key_id: UUID, seals: int) -> None:
        with self._lock:
            self._left[data_key_id] += seals


_leases = _Leases()
_last_used: dict[Owner, UUID] = {}
"""The data key that this process used last for an owner: a guess, which decides nothing."""
