"""The master keys of this site: loading them, and proving that they are the right ones."""

from __future__ import annotations

import os
from collections.abc import Hashable
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from django.db import connections, router
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from secrets_app.conf import conf
from secrets_app.crypto import (
    AwsKms,
    KeyProvider,
    TagKey,
    keyring_from_file,
    keyring_from_text,
)
from secrets_app.crypto.errors import CryptoError, KeyringError, OpenFailed, UnknownKey
from secrets_app.models import DataKey, KeyCanary


def key_provider() -> KeyProvider:
    """The provider that the settings name, loaded once per process. Raises KeyringError, which says what to mend."""
    return _load(conf.key_provider, conf.key_file, conf.key_variable, conf.kms_key)


@lru_cache(maxsize=4)
def _load(provider: str, key_file: str, key_variable: str, kms_key: str) -> KeyProvider:
    if provider in ("file", "kms"):
        if not key_file:
            raise KeyringError("No master keys: set SECRETS_APP['KEY_FILE'] (NEO_MASTER_KEYS_FILE) to the key file.")
        return keyring_from_file(Path(key_file), AwsKms(kms_key) if provider == "kms" else None)
    if provider == "env":
        if not key_variable.isidentifier():
            # Not repeated: it may be the keys themselves.
            raise KeyringError("SECRETS_APP['KEY_VARIABLE'] is not the name of an environment variable.")
        return keyring_from_text(os.environ.get(key_variable, ""), key_variable)
    try:
        loaded: KeyProvider = import_string(provider)()
    except ImportError:
        raise KeyringError(
            "SECRETS_APP['KEY_PROVIDER'] is not 'file', 'env', 'kms' or a path that can be imported."
        ) from None
    return loaded


def tag_key(key_id: str, purpose: str) -> TagKey:
    """The key for tags of one purpose under this master key, made once per process. Raises KeyringError."""
    return _tag_key(cast(Hashable, key_provider()), key_id, purpose)


@lru_cache(maxsize=64)
def _tag_key(provider: Any, key_id: str, purpose: str) -> TagKey:
    # By the provider too: another one may hold another key of the same id.
    return TagKey(provider.subkey(key_id, purpose))


def check_master_keys() -> None:
    """Return if every master key that data keys need is present and is the one that was used before.

    Raises KeyringError that names the key id. Reads two small sets of rows and writes nothing; a database without
    our tables needs no keys yet.
    """
    provider = key_provider()
    if KeyCanary._meta.db_table not in connections[router.db_for_read(KeyCanary)].introspection.table_names():
        return
    canaries = {canary.master_key_id: canary for canary in KeyCanary.objects.all()}
    data_keys = data_keys_in_use()
    for key_id in sorted(data_keys.order_by().values_list("master_key_id", flat=True).distinct()):
        if key_id not in provider.key_ids:
            raise UnknownKey(key_id)
        if key_id not in canaries:
            _prove_by(provider, data_keys.filter(master_key_id=key_id)[0])
    for key_id in provider.key_ids & canaries.keys():
        _check(provider, canaries[key_id])


def data_keys_in_use() -> QuerySet[DataKey]:
    """Those that a master key is needed for."""
    return DataKey.objects.exclude(state=DataKey.State.DESTROYED)


def data_keys_to_rotate() -> QuerySet[DataKey]:
    """Those that a former master key wraps which is at hand; none where the provider does not answer."""
    try:
        provider = key_provider()
        former = provider.key_ids - {provider.active_key_id}
    except CryptoError:
        former = frozenset()
    return data_keys_in_use().filter(master_key_id__in=former)


def wrapped_anew(row: DataKey, key_id: str) -> bytes:
    """The data key of `row`, wrapped under the master key `key_id`. Raises OpenFailed and KeyringError."""
    provider, owner = key_provider(), row.owner.label
    data_key = provider.unwrap(row.master_key_id, row.id, owner, bytes(row.wrapped))
    wrapped = provider.wrap(key_id, row.id, owner, data_key)
    # It will replace the only copy, and a provider may be a site's own.
    if provider.unwrap(key_id, row.id, owner, wrapped) != data_key:
        raise KeyringError(f"Master key {key_id!a} does not give back what it wraps. Mend the key provider.")
    return wrapped


def ensure_canary(key_id: str) -> None:
    """Before a master key wraps anything: check its canary, or make it at its first use. Raises KeyringError."""
    provider = key_provider()
    canary, _ = KeyCanary.objects.get_or_create(
        master_key_id=key_id, defaults={"canary": lambda: provider.seal_canary(key_id)}
    )
    _check(provider, canary)


def _check(provider: KeyProvider, canary: KeyCanary) -> None:
    try:
        provider.check_canary(canary.master_key_id, bytes(canary.canary))
    except OpenFailed:
        raise _not_the_key(canary.master_key_id) from None


def _prove_by(provider: KeyProvider, row: DataKey) -> None:
    """Check a master key whose canary is lost by a data key that it has wrapped."""
    try:
        provider.unwrap(row.master_key_id, row.id, row.owner.label, bytes(row.wrapped))
    except OpenFailed:
        raise _not_the_key(row.master_key_id) from None


def _not_the_key(key_id: str) -> KeyringError:
    return KeyringError(
        f"Master key {key_id!a} is not the key that was used under this id before. "
        "Put the former key back; give a new key an id of its own."
    )


def standing_of(key_id: str) -> str:
    """What the provider says of a master key: `active` (it wraps new data keys), `held`, `missing` or `unreachable`."""
    try:
        provider = key_provider()
        if key_id == provider.active_key_id:
            return "active"
        return "held" if key_id in provider.key_ids else "missing"
    except CryptoError:
        return "unreachable"
