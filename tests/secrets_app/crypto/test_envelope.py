from __future__ import annotations

import copy
import pickle
import traceback
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from secrets_app.crypto import DataKeyCipher, OpenFailed, SecretContext, blob_key_id, new_data_key
from secrets_app.crypto.framing import frame

KEY = bytes(range(32))
CIPHER = DataKeyCipher(UUID("6f1d2c3b-4a59-4687-9786-a5b4c3d2e1f0"), KEY)
CONTEXT = SecretContext("value", UUID("0190a1b2-c3d4-4e5f-8a6b-7c8d9eafb0c1"), "user:7", 3)
PLAINTEXT = b"plaintext-canary"
BLOB = CIPHER.seal(PLAINTEXT, CONTEXT)
OVERHEAD = 78

utf8 = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
contexts = st.builds(SecretContext, utf8, st.uuids(), utf8, st.integers(0, 2**64 - 1))
not_bytes = pytest.mark.parametrize("value", [None, "S\x01" * 40, bytearray(BLOB), memoryview(BLOB), 7, []])


@given(st.binary(max_size=300), contexts, st.uuids(), st.binary(min_size=32, max_size=32))
def test_what_is_sealed_opens_in_its_context(
    plaintext: bytes, context: SecretContext, dek_id: UUID, key: bytes
) -> None:
    blob = DataKeyCipher(dek_id, key).seal(plaintext, context)
    assert DataKeyCipher(dek_id, key).open(blob, context) == plaintext
    assert blob_key_id(blob) == dek_id
    assert len(blob) == len(plaintext) + OVERHEAD


@given(contexts, contexts)
def test_a_blob_opens_in_no_other_context(one: SecretContext, other: SecretContext) -> None:
    assert (one.aad(b"header") == other.aad(b"header")) == (one == other)


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
@pytest.mark.parametrize("position", range(len(BLOB)))
def test_a_changed_byte_is_refused(position: int, mask: int) -> None:
    changed = bytearray(BLOB)
    changed[position] ^= mask
    with pytest.raises(OpenFailed):
        CIPHER.open(bytes(changed), CONTEXT)


@pytest.mark.parametrize("length", range(len(BLOB)))
def test_a_truncated_blob_is_refused(length: int) -> None:
    for piece in (BLOB[:length], BLOB[len(BLOB) - length :]):
        with pytest.raises(OpenFailed):
            CIPHER.open(piece, CONTEXT)


@pytest.mark.parametrize("length", range(OVERHEAD))
def test_a_truncated_blob_names_no_data_key(length: int) -> None:
    with pytest.raises(OpenFailed):
        blob_key_id(BLOB[:length])


@given(st.binary(min_size=1, max_size=64))
def test_an_extended_blob_is_refused(extra: bytes) -> None:
    for longer in (BLOB + extra, extra + BLOB):
        with pytest.raises(OpenFailed):
            CIPHER.open(longer, CONTEXT)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(noise: bytes) -> None:
    for blob in (noise, BLOB[:2] + noise, BLOB[:18] + noise):
        with pytest.raises(OpenFailed):
            CIPHER.open(blob, CONTEXT)


@not_bytes
def test_only_bytes_open(value: Any) -> None:
    with pytest.raises(OpenFailed):
        CIPHER.open(value, CONTEXT)
    with pytest.raises(OpenFailed):
        blob_key_id(value)


@pytest.mark.parametrize("magic", [b"S\x00", b"S\x03", b"s\x01", b"K\x01", b"C\x01", b"\x00\x00"])
def test_another_magic_or_version_names_no_data_key(magic: bytes) -> None:
    with pytest.raises(OpenFailed):
        blob_key_id(magic + BLOB[2:])


@pytest.mark.parametrize(
    "moved",
    [
        CONTEXT._replace(secret_id=UUID(int=7)),
        CONTEXT._replace(field="mask"),
        CONTEXT._replace(owner="user:8"),
        CONTEXT._replace(owner="project:7"),
        CONTEXT._replace(version=2),
        CONTEXT._replace(version=4),
    ],
    ids=str,
)
def test_a_moved_blob_is_refused(moved: SecretContext) -> None:
    with pytest.raises(OpenFailed):
        CIPHER.open(BLOB, moved)


def test_the_same_key_under_another_id_is_refused() -> None:
    with pytest.raises(OpenFailed):
        DataKeyCipher(uuid4(), KEY).open(BLOB, CONTEXT)


def test_another_key_under_the_same_id_is_refused() -> None:
    with pytest.raises(OpenFailed):
        DataKeyCipher(CIPHER.dek_id, new_data_key()).open(BLOB, CONTEXT)


@pytest.mark.parametrize(
    "impossible",
    [
        CONTEXT._replace(version=-1),
        CONTEXT._replace(version=2**64),
        CONTEXT._replace(owner=""),
        CONTEXT._replace(field=""),
        CONTEXT._replace(owner="user:\ud800"),
    ],
    ids=repr,
)
def test_an_impossible_context_cannot_seal_and_opens_nothing(impossible: SecretContext) -> None:
    with pytest.raises(ValueError, match=r"must|surrogates"):
        CIPHER.seal(PLAINTEXT, impossible)
    with pytest.raises(OpenFailed):
        CIPHER.open(BLOB, impossible)


@pytest.mark.parametrize("context", [CONTEXT, CONTEXT._replace(version=9), CONTEXT._replace(version=-1)])
@pytest.mark.parametrize(
    "blob",
    [b"", BLOB[:-1], b"S\x01" + BLOB[2:], b"S\x03" + BLOB[2:]],
    ids=["nothing", "cut", "former version", "later version"],
)
def test_every_refusal_reads_the_same_and_carries_nothing(blob: bytes, context: SecretContext) -> None:
    with pytest.raises(OpenFailed) as caught:
        CIPHER.open(blob, context)
    error = caught.value
    assert str(error) == "The ciphertext cannot be opened."
    assert (error.args, error.__cause__, error.__context__) == ((), None, None)
    assert PLAINTEXT.decode() not in "".join(traceback.format_exception(error))


def test_nonces_differ() -> None:
    nonces = {CIPHER.seal(PLAINTEXT, CONTEXT)[50:62] for _ in range(1000)}
    assert len(nonces) == 1000


@pytest.mark.parametrize("nonce", [b"", bytes(11), bytes(13), bytes(16)])
def test_a_nonce_of_another_length_is_refused(nonce: bytes) -> None:
    with pytest.raises(ValueError, match="12 bytes"):
        CIPHER.seal(PLAINTEXT, CONTEXT, nonce=nonce)


@pytest.mark.parametrize("plaintext", ["plaintext-canary", None, 123, ["plaintext-canary"]])
def test_only_bytes_are_sealed_and_the_error_does_not_show_them(plaintext: Any) -> None:
    with pytest.raises(TypeError, match=r"^The plaintext must be bytes$"):
        CIPHER.seal(plaintext, CONTEXT)


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33, 64])
def test_a_data_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"32 bytes long, not {length}$"):
        DataKeyCipher(uuid4(), bytes(length))


def test_a_data_key_must_be_bytes() -> None:
    text: Any = "k" * 32
    with pytest.raises(TypeError, match=r"^A data key must be bytes$"):
        DataKeyCipher(uuid4(), text)


def test_new_data_keys_are_32_bytes_and_differ() -> None:
    keys = {new_data_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {32}


def test_repr_shows_the_id_only() -> None:
    assert repr(CIPHER) == "DataKeyCipher('6f1d2c3b-4a59-4687-9786-a5b4c3d2e1f0')"
    assert not hasattr(CIPHER, "__dict__")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_cipher_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="holds a key"):
        pickle.dumps(CIPHER, protocol)


def test_a_cipher_is_not_copied() -> None:
    with pytest.raises(TypeError, match="holds a key"):
        copy.deepcopy(CIPHER)


@given(contexts, st.binary(max_size=80))
def test_the_associated_data_is_the_frame_of_its_parts(context: SecretContext, header: bytes) -> None:
    assume(context.field and context.owner)
    parts = (context.field.encode(), context.secret_id.bytes, context.owner.encode(), context.version.to_bytes(8))
    assert context.aad(header) == frame(header, b"secret", *parts)
