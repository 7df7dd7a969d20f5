"""The text of tokens: form, checksum and digest."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_app.token_format import PATTERN, digest, is_well_formed, new_token


def test_a_new_token_has_the_documented_form() -> None:
    token = new_token()
    assert re.fullmatch(PATTERN, token)
    assert is_well_formed(token)
    assert new_token() != token


@given(st.integers(0, 37), st.sampled_from("0aZ9"))
def test_one_changed_character_is_noticed(position: int, character: str) -> None:
    token = new_token()
    index = len("neo_sk_") + position
    changed = token[:index] + character + token[index + 1 :]
    assert is_well_formed(changed) is (changed == token)


@given(st.text())
def test_other_texts_are_no_tokens(text: str) -> None:
    assert not is_well_formed(text)
    assert not is_well_formed("neo_sk_" + text)


@pytest.mark.parametrize(
    "damage", [lambda t: t + "\n", lambda t: t[:-1], lambda t: t + "0", str.lower, lambda t: " " + t]
)
def test_damaged_tokens_are_no_tokens(damage: object) -> None:
    assert not is_well_formed(damage(new_token()))  # type: ignore[operator]


def test_a_digest_does_not_hold_the_token() -> None:
    token = new_token()
    assert token[7:] not in digest(token)
    assert len(digest(token)) == 64
