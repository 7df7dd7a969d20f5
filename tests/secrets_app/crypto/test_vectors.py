from __future__ import annotations

from typing import Any

import pytest

from secrets_app.crypto import Keyring, MasterKey, OpenFailed, blob_key_id
from tests.secrets_app.crypto import make_vectors
from tests.secrets_app.crypto.loading import SealVector, WrapVector, read, seal_vectors, wrap_vectors

former_cases = pytest.mark.parametrize("vector", seal_vectors(read("seal.json")), ids=str)
seal_cases = pytest.mark.parametrize("vector", seal_vectors(read("seal2.json")), ids=str)
wrap_cases = pytest.mark.parametrize("vector", wrap_vectors(read("wrap.json")), ids=str)
check_value_cases = pytest.mark.parametrize("case", read("check_value.json"), ids=lambda case: case["kek_id"])
invalid_blobs = pytest.mark.parametrize(
    "vector", [*seal_vectors(read("invalid.json")["seal"]), *seal_vectors(read("invalid2.json")["seal"])], ids=str
)
invalid_wraps = pytest.mark.parametrize("vector", wrap_vectors(read("invalid.json")["wrap"]), ids=str)


@seal_cases
def test_sealing_gives_the_known_blob(vector: SealVector) -> None:
    assert vector.cipher.seal(vector.plaintext, vector.context, nonce=vector.nonce) == vector.blob


@seal_cases
def test_the_known_blob_opens(vector: SealVector) -> None:
    assert vector.cipher.open(vector.blob, vector.context) == vector.plaintext


@seal_cases
def test_the_known_blob_names_its_data_key(vector: SealVector) -> None:
    assert blob_key_id(vector.blob) == vector.cipher.dek_id


@former_cases
def test_a_known_blob_without_commitment_opens(vector: SealVector) -> None:
    assert blob_key_id(vector.blob) == vector.cipher.dek_id
    assert vector.cipher.open(vector.blob, vector.context) == vector.plaintext


@wrap_cases
def test_wrapping_gives_the_known_bytes(vector: WrapVector) -> None:
    wrapped = vector.keyring.wrap(vector.kek_id, vector.dek_id, vector.owner, vector.data_key, nonce=vector.nonce)
    assert wrapped == vector.wrapped


@wrap_cases
def test_the_known_wrap_unwraps(vector: WrapVector) -> None:
    unwrapped = vector.keyring.unwrap(vector.kek_id, vector.dek_id, vector.owner, vector.wrapped)
    assert unwrapped == vector.data_key


@check_value_cases
def test_subkeys_and_check_value_are_the_known_ones(case: dict[str, Any]) -> None:
    keyring = Keyring([MasterKey(case["kek_id"], bytes.fromhex(case["kek"]))])
    subkeys = {purpose: keyring.subkey(case["kek_id"], purpose).hex() for purpose in case["subkeys"]}
    assert subkeys == case["subkeys"]
    assert keyring.seal_check_value(case["kek_id"]).hex() == case["check_value"]


@invalid_blobs
def test_an_invalid_blob_is_refused(vector: SealVector) -> None:
    with pytest.raises(OpenFailed):
        vector.cipher.open(vector.blob, vector.context)


@invalid_wraps
def test_an_invalid_wrap_is_refused(vector: WrapVector) -> None:
    with pytest.raises(OpenFailed):
        vector.keyring.unwrap(vector.kek_id, vector.dek_id, vector.owner, vector.wrapped)


@pytest.mark.parametrize(
    "name", ["seal.json", "wrap.json", "check_value.json", "invalid.json", "seal2.json", "invalid2.json"]
)
def test_the_frozen_vectors_follow_from_the_formats(name: str) -> None:
    assert make_vectors.all_vectors()[name] == (make_vectors.VECTORS / name).read_text()
