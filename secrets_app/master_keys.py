"""The master keys of this site: where they are loaded, made, and proved to be the right ones."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from django.db import connections, router
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from secrets_app.conf import conf
from secrets_app.crypto import (
    KeyProvider,
    KeyService,
    TagKey,
    create_private,
    key_service,
    keyring_from_file,
    keyring_from_text,
    new_master_key,
    rewritten_key_lines,
)
from secrets_app.crypto.errors import CryptoError, KeyringError, OpenFailed, UnknownKey
from secrets_app.models import DataKey, KeyCheckValue, SiteKey


def key_provider() -> KeyProvider:
    """Return the provider that the settings name, loaded once per process. Raise KeyringError."""
    return _load(conf.key_provider, conf.key_file, conf.key_variable, conf.kms_key)


@lru_cache(maxsize=4)
def _load(provider: str, key_file: str, key_variable: str, kms_key: str) -> KeyProvider:
    if provider in ("file", "kms"):
        if not key_file:
            raise KeyringError("No master keys: set SECRETS_APP['KEY_FILE'] (NEO_MASTER_KEYS_FILE) to the key file.")
        return keyring_from_file(Path(key_file), _service_of_settings(kms_key) if provider == "kms" else None)
    if provider == "env":
        if not key_variable.isidentifier():
            # The message omits the text: it may be the keys themselves.
            raise KeyringError("SECRETS_APP['KEY_VARIABLE'] is not the name of an environment variable.")
        return keyring_from_text(os.environ.get(key_variable, ""), key_variable)
    try:
        loaded: KeyProvider = import_string(provider)()
    except ImportError:
        raise KeyringError(
            "SECRETS_APP['KEY_PROVIDER'] is not 'file', 'env', 'kms' or a path that can be imported."
        ) from None
    return loaded


def _service_of_settings(kms_key: str) -> KeyService:
    try:
        return key_service(kms_key)
    except KeyringError as error:
        raise KeyringError(f"SECRETS_APP['KMS_KEY']: {error}") from None


def make_key_file(path: Path, *, source: Path | None, key_id: str, kms_key: str) -> bool:
    """Write a key file with a new master key, or with the keys of `source`; return False if `path` already exists.

    The service that `kms_key` names wraps the keys; without one they are in the clear. Raises KeyringError, and OSError
    when `path` cannot be written.
    """
    service = key_service(kms_key) if kms_key else None
    if source is None:
        lines = [new_master_key(service, key_id)]
    else:
        lines = rewritten_key_lines(source, _service_of_settings(conf.kms_key) if conf.kms_key else None, service)
    return create_private(path, "\n".join(lines))


def tag_key(key_id: str, purpose: str) -> TagKey:
    """Return the key for the tags of one purpose under this master key, made once per process. Raise KeyringError."""
    return _tag_key(cast(Hashable, key_provider()), key_id, purpose)


@lru_cache(maxsize=64)
def _tag_key(provider: Any, key_id: str, purpose: str) -> TagKey:
    # The cache goes by the provider too: another provider may hold a different key of the same id.
    return TagKey(provider.subkey(key_id, purpose))


def check_master_keys() -> None:
    """Return if every master key that data keys or keys of the site need is held and is the one that was used before.

    Raises KeyringError, which names the key id. Reads three small sets of rows and writes nothing. A database without
    our tables needs no keys yet.
    """
    provider = key_provider()
    tables = connections[router.db_for_read(KeyCheckValue)].introspection.table_names()
    if KeyCheckValue._meta.db_table not in tables:
        return
    proofs = {proof.master_key_id: proof for proof in KeyCheckValue.objects.all()}
    data_keys = data_keys_in_use()
    for key_id in sorted(data_keys.order_by().values_list("master_key_id", flat=True).distinct()):
        if key_id not in provider.key_ids:
            raise UnknownKey(key_id)
        if key_id not in proofs:
            _prove_by(provider, data_keys.filter(master_key_id=key_id)[0])
    # A database that is yet to be migrated has no keys of the site.
    has_site_keys = SiteKey._meta.db_table in tables
    for key_id in SiteKey.objects.values_list("master_key_id", flat=True) if has_site_keys else ():
        if key_id not in provider.key_ids:
            raise UnknownKey(key_id)
    for key_id in provider.key_ids & proofs.keys():
        _verify(provider, proofs[key_id])


def data_keys_in_use() -> QuerySet[DataKey]:
    """Return the data keys that still need a master key."""
    return DataKey.objects.exclude(state=DataKey.State.DESTROYED)


def wrapped_by(key_id: str) -> int:
    """Return how many keys, of owners and of the site, need this master key."""
    data_keys = data_keys_in_use().filter(master_key_id=key_id)
    return data_keys.count() + SiteKey.objects.filter(master_key_id=key_id).count()


def data_keys_to_rotate() -> QuerySet[DataKey]:
    """Return data keys wrapped by a former master key that we still hold; none if the provider is unreachable."""
    try:
        provider = key_provider()
        former = provider.key_ids - {provider.active_key_id}
    except CryptoError:
        former = frozenset()
    return data_keys_in_use().filter(master_key_id__in=former)


def wrapped_anew(row: DataKey | SiteKey, key_id: str) -> bytes:
    """Return the data key of `row` wrapped under the master key `key_id`. Raise OpenFailed and KeyringError."""
    provider, owner = key_provider(), row.owner.label
    data_key = provider.unwrap(row.master_key_id, row.id, owner, bytes(row.wrapped))
    wrapped = provider.wrap(key_id, row.id, owner, data_key)
    # The result replaces the only copy, and the provider may be the site's own code.
    if provider.unwrap(key_id, row.id, owner, wrapped) != data_key:
        raise KeyringError(f"Master key {key_id!a} does not unwrap what it has just wrapped. Correct the key provider.")
    return wrapped


def ensure_check_value(key_id: str) -> None:
    """Verify the key check value of a master key before it wraps, and store it at its first use. Raise KeyringError."""
    provider = key_provider()
    proof, _ = KeyCheckValue.objects.get_or_create(
        master_key_id=key_id, defaults={"check_value": lambda: provider.seal_check_value(key_id)}
    )
    _verify(provider, proof)


def check_value_of(key_id: str) -> bytes:
    """Return the key check value of a master key that is held. Raise KeyringError."""
    return key_provider().seal_check_value(key_id)


def check_against(check_values: Mapping[str, bytes]) -> None:
    """Return if each of these master keys is held and made its key check value; for data that is not stored here yet.

    Raises KeyringError, which names the key id. Asks no database.
    """
    provider = key_provider()
    for key_id, check_value in sorted(check_values.items()):
        if key_id not in provider.key_ids:
            raise UnknownKey(key_id)
        _verify(provider, KeyCheckValue(master_key_id=key_id, check_value=check_value))


def held_key_ids() -> frozenset[str]:
    """Return the ids of the master keys that are held. Raise KeyringError."""
    return key_provider().key_ids


def _verify(provider: KeyProvider, proof: KeyCheckValue) -> None:
    try:
        provider.verify_check_value(proof.master_key_id, bytes(proof.check_value))
    except OpenFailed:
        raise _not_the_key(proof.master_key_id) from None


def _prove_by(provider: KeyProvider, row: DataKey) -> None:
    """Prove a master key without a key check value by a data key that it wrapped. Raise KeyringError."""
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
    """Return the state of a master key: `active` (it wraps new data keys), `held`, `missing` or `unreachable`."""
    try:
        provider = key_provider()
        if key_id == provider.active_key_id:
            return "active"
        return "held" if key_id in provider.key_ids else "missing"
    except CryptoError:
        return "unreachable"
