"""That the search finds what is there, in each of the encodings, wherever it stands; and nothing else."""

from __future__ import annotations

import secrets
from base64 import b64encode

import pytest

from tests.canary.canary import ENCODINGS, Canary


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_planted_leak_is_found_in_each_encoding(encoding: str, canary: Canary) -> None:
    for text in canary.sought:
        planted = secrets.token_bytes(99) + ENCODINGS[encoding](text) + secrets.token_bytes(99)
        assert any(found.startswith(encoding) for found in canary.found_in(planted))


@pytest.mark.parametrize("before", range(6))
def test_base64_of_something_longer_is_found_at_every_offset(before: int, canary: Canary) -> None:
    assert canary.found_in(b64encode(before * b"x" + canary.value.encode() + b"yy"))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_leak_is_found_in_texts_and_in_what_objects_show(encoding: str, canary: Canary) -> None:
    leak = ENCODINGS[encoding](canary.value).decode("latin-1")
    assert canary.found_in(f"before {leak} after") or encoding.startswith("utf-16") or not leak.isascii()
    assert canary.found_in({"key": [canary.value]})
    assert canary.found_in(ValueError(canary.value))


def test_the_mask_is_no_leak_and_neither_is_another_canary(canary: Canary) -> None:
    assert canary.found_in(canary.value[:3] + canary.value[-4:], Canary().value, secrets.token_bytes(9_999)) == []


def test_the_canary_does_not_show_itself(canary: Canary) -> None:
    assert canary.found_in(repr(canary)) == []
