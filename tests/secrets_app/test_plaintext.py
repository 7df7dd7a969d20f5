"""Plaintexts: nothing shows them by accident, and their masks never show more than half."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_app.plaintext import BULLETS, Plaintext
from tests.cast import CANARY


@given(value=st.text(min_size=1, max_size=60))
def test_a_mask_shows_at_most_half(value: str) -> None:
    mask = Plaintext(value).mask()
    first, bullets, last = mask[:-12], mask[-12:-4], mask[-4:]
    shown = len(mask) - len(BULLETS)
    assert mask == BULLETS or (value[:3], BULLETS, value[-4:]) == (first, bullets, last)
    assert 2 * shown <= len(value)


@given(value=st.text(min_size=1, max_size=60))
def test_the_number_of_bullets_is_constant(value: str) -> None:
    assert len(Plaintext(value).mask()) in (8, 15)
    assert BULLETS == 8 * "\u2022"


@pytest.mark.parametrize(("length", "shown"), [(1, 0), (13, 0), (14, 7), (15, 7), (10_000, 7)])
@pytest.mark.parametrize("character", ["x", "\U0001f511", "\u0301"])
def test_a_mask_begins_to_show_at_14_code_points(character: str, length: int, shown: int) -> None:
    assert Plaintext(length * character).mask().count(character) == shown


@pytest.mark.parametrize(
    "show", [str, repr, "{}".format, "%s".__mod__, "%r".__mod__, "{!r}".format, lambda text: f"{text!s:>40}"]
)
@pytest.mark.parametrize("wrap", [lambda text: text, lambda text: [text], lambda text: {"value": text}])
def test_no_representation_shows_it(show: Callable[[Any], str], wrap: Callable[[Any], Any]) -> None:
    wrapped = wrap(Plaintext(CANARY))
    assert CANARY not in show((wrapped,) if show.__name__ == "__mod__" else wrapped)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_cannot_be_pickled(protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Plaintext(CANARY), protocol)


@pytest.mark.parametrize("spill", [json.dumps, bytes, vars, iter, len, copy.copy, copy.deepcopy])
def test_it_is_neither_text_nor_container(spill: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError) as error:
        spill(Plaintext(CANARY))
    assert CANARY not in str(error.value)


def test_it_equals_only_itself() -> None:
    text: object = CANARY
    assert Plaintext(CANARY) != text
    assert Plaintext(CANARY) != Plaintext(CANARY)


def test_only_reveal_returns_it() -> None:
    assert Plaintext(CANARY).reveal() == CANARY
