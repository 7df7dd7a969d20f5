"""`sanitize`, which makes a valid name of any text or raises, and `free_name`, which finds a name that is not taken."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from secrets_app.models.names import free_name, sanitize
from secrets_app.models.secret import MAX_NAME_LENGTH

NAME = re.compile(r"[A-Z][A-Z0-9_]{0,127}")
NAMES = st.from_regex(NAME, fullmatch=True)


@given(text=st.text(max_size=200) | st.text("aZ9_-. \u00e9\ufdfa\u00df\ufb01\u0130", max_size=200))
def test_the_result_is_a_valid_name_or_a_value_error(text: str) -> None:
    try:
        name = sanitize(text)
    except ValueError:
        assert not re.search("[A-Za-z0-9]", text)
        return
    assert NAME.fullmatch(name)


@given(name=NAMES)
def test_a_valid_name_stays_as_it_is(name: str) -> None:
    assert sanitize(name) == name


@given(text=st.text(min_size=1, max_size=150))
def test_sanitizing_twice_changes_nothing(text: str) -> None:
    assume(re.search("[A-Za-z0-9]", text))
    assert sanitize(sanitize(text)) == sanitize(text)


@pytest.mark.parametrize("text", ["", " ", "-_-", "\u4e2d\u6587", "\U0001f511", "\u0301", "\n"])
def test_a_text_without_letters_and_digits_cannot_be_a_name(text: str) -> None:
    with pytest.raises(ValueError, match="no letter or digit"):
        sanitize(text)


@pytest.mark.parametrize("text", [10**6 * "a", 10**6 * "_", 10**6 * "aA", 10**6 * "\u0301" + "a"])
def test_sanitizing_a_long_text_takes_linear_time(text: str) -> None:
    started = time.process_time()
    sanitize("a" + text)
    assert time.process_time() - started < 5


def numbered(name: str, number: int) -> str:
    return name[: MAX_NAME_LENGTH - len(f"_{number}")] + f"_{number}"


@given(name=NAMES, numbers=st.sets(st.integers(2, 30)), others=st.sets(NAMES, max_size=5))
def test_a_free_name_is_not_taken_and_fits(name: str, numbers: set[int], others: set[str]) -> None:
    taken = others | {name} | {numbered(name, number) for number in numbers}
    free = free_name(name, taken)
    assert free not in taken
    assert NAME.fullmatch(free)
    assert free in {numbered(name, number) for number in range(2, 40)}


@given(name=NAMES, taken=st.sets(NAMES, max_size=5))
def test_a_name_that_is_free_stays(name: str, taken: set[str]) -> None:
    assume(name not in taken)
    assert free_name(name, taken) == name


def test_the_lowest_free_number_is_used() -> None:
    assert free_name("A", {"A", "A_2", "A_4"}) == "A_3"
