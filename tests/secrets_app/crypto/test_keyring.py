from __future__ import annotations

import copy
import pickle
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_app.crypto import (
    EXAMPLE_KEY,
    CryptoError,
    KeyProvider,
    Keyring,
    KeyringError,
    MasterKey,
    OpenFailed,
    UnknownKey,
    new_data_key,
)

OLD, NEW = MasterKey("2024-01", bytes(range(32))), MasterKey("2025-01", bytes(range(100, 132)))
KEYRING = Keyring([NEW, OLD])
DEK_ID = UUID("6f1d2c3b-4a59-4687-9786-a5b4c3d2e1f0")
OWNER = "user:7"
DATA_KEY = bytes(range(200, 232))
WRAPPED = KEYRING.wrap("2024-01", DEK_ID, OWNER, DATA_KEY)
CHECK_VALUE = KEYRING.seal_check_value("2024-01")

utf8 = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def unwrap(wrapped: Any, *, key_id: str = "2024-01", dek_id: UUID = DEK_ID, owner: str = OWNER) -> bytes:
    return KEYRING.unwrap(key_id, dek_id, owner, wrapped)


def test_a_keyring_is_a_key_provider() -> None:
    provider: KeyProvider = KEYRING
    assert provider.active_key_id == "2025-01"
    assert provider.key_ids == {"2024-01", "2025-01"}


@given(st.sampled_from(["2024-01", "2025-01"]), st.uuids(), utf8, st.binary(min_size=32, max_size=32))
def test_what_is_wrapped_unwraps(key_id: str, dek_id: UUID, owner: str, data_key: bytes) -> None:
    wrapped = KEYRING.wrap(key_id, dek_id, owner, data_key)
    assert KEYRING.unwrap(key_id, dek_id, owner, wrapped) == data_key
    assert len(wrapped) == 78


def test_another_process_with_the_same_key_unwraps() -> None:
    assert Keyring([OLD]).unwrap("2024-01", DEK_ID, OWNER, WRAPPED) == DATA_KEY


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
@pytest.mark.parametrize("position", range(len(WRAPPED)))
def test_a_changed_byte_is_refused(position: int, mask: int) -> None:
    changed = bytearray(WRAPPED)
    changed[position] ^= mask
    with pytest.raises(OpenFailed):
        unwrap(bytes(changed))


@pytest.mark.parametrize("length", range(len(WRAPPED)))
def test_a_truncated_wrap_is_refused(length: int) -> None:
    for piece in (WRAPPED[:length], WRAPPED[len(WRAPPED) - length :]):
        with pytest.raises(OpenFailed):
            unwrap(piece)


@given(st.binary(min_size=1, max_size=64))
def test_an_extended_wrap_is_refused(extra: bytes) -> None:
    for longer in (WRAPPED + extra, extra + WRAPPED):
        with pytest.raises(OpenFailed):
            unwrap(longer)


@pytest.mark.parametrize("value", [None, "K\x01" * 40, bytearray(WRAPPED), memoryview(WRAPPED), 7])
def test_only_bytes_unwrap(value: Any) -> None:
    with pytest.raises(OpenFailed):
        unwrap(value)


@pytest.mark.parametrize(
    "moved",
    [{"dek_id": UUID(int=7)}, {"owner": "user:8"}, {"owner": ""}, {"owner": "\ud800"}, {"key_id": "2025-01"}],
    ids=str,
)
def test_a_moved_wrap_is_refused(moved: dict[str, Any]) -> None:
    with pytest.raises(OpenFailed) as caught:
        unwrap(WRAPPED, **moved)
    error = caught.value
    assert str(error) == "The ciphertext cannot be opened."
    assert (error.args, error.__cause__, error.__context__) == ((), None, None)


def test_the_same_bytes_under_another_id_do_not_unwrap() -> None:
    renamed = Keyring([MasterKey("renamed", OLD.key)])
    with pytest.raises(OpenFailed):
        renamed.unwrap("renamed", DEK_ID, OWNER, WRAPPED)


def test_nonces_of_wraps_differ() -> None:
    nonces = {KEYRING.wrap("2024-01", DEK_ID, OWNER, DATA_KEY)[18:30] for _ in range(1000)}
    assert len(nonces) == 1000


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_only_a_key_of_32_bytes_is_wrapped(length: int) -> None:
    with pytest.raises(ValueError, match=f"32 bytes long, not {length}$"):
        KEYRING.wrap("2024-01", DEK_ID, OWNER, bytes(length))


def test_an_empty_owner_is_not_wrapped() -> None:
    with pytest.raises(ValueError, match="owner"):
        KEYRING.wrap("2024-01", DEK_ID, "", DATA_KEY)


@pytest.mark.parametrize(
    "call",
    [
        lambda key_id: KEYRING.wrap(key_id, DEK_ID, OWNER, DATA_KEY),
        lambda key_id: KEYRING.unwrap(key_id, DEK_ID, OWNER, WRAPPED),
        lambda key_id: KEYRING.seal_check_value(key_id),
        lambda key_id: KEYRING.verify_check_value(key_id, CHECK_VALUE),
        lambda key_id: KEYRING.subkey(key_id, "audit"),
    ],
    ids=["wrap", "unwrap", "seal_check_value", "verify_check_value", "subkey"],
)
def test_an_unknown_key_is_named(call: Any) -> None:
    with pytest.raises(UnknownKey, match=r"^Master key '2023-01' is needed and not in the keyring\.") as caught:
        call("2023-01")
    assert caught.value.key_id == "2023-01"
    assert isinstance(caught.value, KeyringError)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_an_unknown_key_id_stays_on_one_plain_line() -> None:
    message = str(UnknownKey("k\n\x1b[31m\u202ered"))
    assert message.isascii()
    assert message.isprintable()


def test_an_unknown_key_survives_pickling() -> None:
    again = pickle.loads(pickle.dumps(UnknownKey("2023-01")))
    assert again.key_id == "2023-01"
    assert str(again) == str(UnknownKey("2023-01"))


@pytest.mark.parametrize("error", [OpenFailed(), KeyringError("x"), UnknownKey("x")], ids=repr)
def test_every_error_is_a_crypto_error(error: Exception) -> None:
    assert isinstance(error, CryptoError)


def test_check_value_is_stable_and_proves_its_key() -> None:
    KEYRING.verify_check_value("2024-01", CHECK_VALUE)
    assert Keyring([OLD]).seal_check_value("2024-01") == CHECK_VALUE
    assert len(CHECK_VALUE) == 34


@pytest.mark.parametrize("position", range(len(CHECK_VALUE)))
def test_changed_check_value_is_refused(position: int) -> None:
    changed = bytearray(CHECK_VALUE)
    changed[position] ^= 1
    with pytest.raises(OpenFailed):
        KEYRING.verify_check_value("2024-01", bytes(changed))


@pytest.mark.parametrize(
    "check_value", [b"", CHECK_VALUE[:-1], CHECK_VALUE + b"\x00", None, CHECK_VALUE.hex(), bytearray(CHECK_VALUE)]
)
def test_malformed_check_value_is_refused(check_value: Any) -> None:
    with pytest.raises(OpenFailed):
        KEYRING.verify_check_value("2024-01", check_value)


def test_check_value_of_another_key_or_id_is_refused() -> None:
    with pytest.raises(OpenFailed):
        KEYRING.verify_check_value("2025-01", CHECK_VALUE)
    with pytest.raises(OpenFailed):
        Keyring([MasterKey("2024-01", NEW.key)]).verify_check_value("2024-01", CHECK_VALUE)
    with pytest.raises(OpenFailed):
        Keyring([MasterKey("renamed", OLD.key)]).verify_check_value("renamed", CHECK_VALUE)


def test_subkeys_differ_by_purpose_and_key() -> None:
    subkeys = {KEYRING.subkey(key_id, purpose) for key_id in KEYRING.key_ids for purpose in ("audit", "canary")}
    assert len(subkeys | {OLD.key, NEW.key}) == 6
    assert {len(subkey) for subkey in subkeys} == {32}


@pytest.mark.parametrize("purpose", ["", "Audit", "audit/v1", "1audit", "audit\n", "\u00e4", "a" * 65])
def test_an_odd_purpose_is_refused(purpose: str) -> None:
    with pytest.raises(ValueError, match="purpose"):
        KEYRING.subkey("2024-01", purpose)


def test_an_empty_keyring_is_refused() -> None:
    with pytest.raises(KeyringError, match="empty"):
        Keyring([])


def test_a_repeated_id_is_refused() -> None:
    with pytest.raises(KeyringError, match="'2024-01' is given twice"):
        Keyring([OLD, NEW, MasterKey("2024-01", new_data_key())])


def test_the_same_bytes_under_two_ids_are_refused() -> None:
    with pytest.raises(KeyringError, match="'2024-01' and 'copy' are the same bytes"):
        Keyring([OLD, NEW, MasterKey("copy", OLD.key)])


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (b"", "is 0 bytes long"),
        (bytes(range(16)), "is 16 bytes long"),
        (bytes(range(33)), "is 33 bytes long"),
        (bytes(32), "one byte repeated"),
        (b"\xff" * 32, "one byte repeated"),
        (EXAMPLE_KEY, "example"),
    ],
)
def test_a_bad_master_key_is_refused(key: bytes, reason: str) -> None:
    with pytest.raises(KeyringError, match=f"^Key 'k1' .*{reason}"):
        MasterKey("k1", key)


def test_the_example_key_is_an_ascii_sentence_of_32_bytes() -> None:
    assert len(EXAMPLE_KEY) == 32
    assert EXAMPLE_KEY.isascii()


@pytest.mark.parametrize("key_id", ["", "K1", "-k", ".k", "k 1", "k1\n", "k:1", "k/1", "\u0661", "a" * 65])
def test_a_bad_id_is_refused(key_id: str) -> None:
    with pytest.raises(KeyringError, match="The key id is not valid"):
        MasterKey(key_id, new_data_key())


@pytest.mark.parametrize("key_id", ["k", "0", "2024-01", "prod.eu_west-1", "a" * 64])
def test_a_good_id_is_accepted(key_id: str) -> None:
    assert Keyring([MasterKey(key_id, new_data_key())]).active_key_id == key_id


def test_repr_shows_ids_only() -> None:
    assert repr(OLD) == "MasterKey(id='2024-01')"
    assert repr(KEYRING) == "Keyring(active='2025-01', ids=['2025-01', '2024-01'])"
    assert not hasattr(KEYRING, "__dict__")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("holder", [OLD, KEYRING], ids=["MasterKey", "Keyring"])
def test_keys_are_not_pickled(holder: object, protocol: int) -> None:
    with pytest.raises(TypeError, match="holds a key"):
        pickle.dumps(holder, protocol)


@pytest.mark.parametrize("holder", [OLD, KEYRING], ids=["MasterKey", "Keyring"])
def test_keys_are_not_copied(holder: object) -> None:
    with pytest.raises(TypeError, match="holds a key"):
        copy.deepcopy(holder)
