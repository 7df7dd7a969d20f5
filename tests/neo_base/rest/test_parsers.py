"""`parse_object`: it agrees with the standard library on what it accepts, and raises one error for the rest."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import UnsupportedMediaType

from neo_base.rest.errors import BodyTooLarge
from neo_base.rest.parsers import MAX_DEPTH, MAX_NUMBER_CHARACTERS, InvalidBody, StrictJSONParser, parse_object
from tests.cast import CANARY

pytestmark = pytest.mark.once

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
INTEGERS = st.integers(-(10 ** (MAX_NUMBER_CHARACTERS - 1)) + 1, 10**MAX_NUMBER_CHARACTERS - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TREES = st.recursive(
    st.none() | st.booleans() | INTEGERS | FLOATS | TEXT,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(TEXT, children, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(TEXT, TREES, max_size=5)
# Pieces of JSON, so that random texts are often close to valid.
PIECES = st.sampled_from(
    [b"{", b"}", b"[", b"]", b":", b",", b'"', b'"a"', b"1", b"-", b"e9", b"null", b"NaN", b"\\u", b"d800", b"\xed"]
)


@given(data=OBJECTS, ensure_ascii=st.booleans(), indent=st.none() | st.just(1))
@settings(max_examples=150)
def test_every_acceptable_object_is_read_as_json_reads_it(
    data: dict[str, Any], ensure_ascii: bool, indent: int | None
) -> None:
    text = json.dumps(data, ensure_ascii=ensure_ascii, indent=indent)
    assert parse_object(text.encode()) == json.loads(text) == data


@given(raw=st.binary(max_size=200) | st.lists(PIECES, max_size=40).map(b"".join))
@settings(max_examples=300)
def test_arbitrary_bytes_are_an_object_or_an_invalid_body(raw: bytes) -> None:
    try:
        parsed = parse_object(raw)
    except InvalidBody:
        return
    assert parsed == json.loads(raw)


@given(raw=st.binary(max_size=100))
def test_a_refusal_quotes_nothing(raw: bytes) -> None:
    with pytest.raises(InvalidBody) as refusal:
        parse_object(f'{{"{CANARY}": '.encode() + raw + b"}\x00")
    assert CANARY not in str(refusal.value.detail)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]"), ('{"a":[', "]}")])
def test_the_deepest_that_is_taken_is_32(opening: str, closing: str) -> None:
    levels = opening.count("[") + opening.count("{")
    odd_level = (MAX_DEPTH - 1) % levels
    inner = odd_level * "[" + "1" + odd_level * "]"
    times = (MAX_DEPTH - 1) // levels
    parse_object(f'{{"a": {times * opening}{inner}{times * closing}}}'.encode())
    with pytest.raises(InvalidBody, match="Nest at most 32 levels"):
        parse_object(f'{{"a": {times * opening}[{inner}]{times * closing}}}'.encode())


@pytest.mark.parametrize("depth", [33, 64, 900, 1_100, 5_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nothing_deeper_is_taken(depth: int, opening: str, closing: str) -> None:
    with pytest.raises(InvalidBody, match="Nest at most 32 levels"):
        parse_object(f'{{"a": {(depth - 1) * opening}1{(depth - 1) * closing}}}'.encode())


@pytest.mark.parametrize("number", ["0", "-0", "1e2", "1.5", "-1.5E-3", 32 * "9", "-" + 31 * "9", "1e308", "5e-324"])
def test_numbers_are_read_as_json_reads_them(number: str) -> None:
    assert parse_object(f'{{"a": {number}}}'.encode()) == json.loads(f'{{"a": {number}}}')


@pytest.mark.parametrize(
    "number", [33 * "9", "1e309", "-1e999", "1e99999999999", "0." + 32 * "1", "NaN", "-Infinity", "Infinity"]
)
def test_other_numbers_are_refused(number: str) -> None:
    with pytest.raises(InvalidBody):
        parse_object(f'{{"a": {number}}}'.encode())


@pytest.mark.parametrize("number", ["01", "+1", ".5", "1.", "1e", "0x1", "1_0", "\u0661", "--1", "nan", "inf"])
def test_what_is_no_json_number_is_refused(number: str) -> None:
    with pytest.raises(InvalidBody, match="not valid JSON"):
        parse_object(f'{{"a": {number}}}'.encode())


@pytest.mark.parametrize(
    "place", ['{{"a": "{}"}}', '{{"{}": 1}}', '{{"a": ["{}"]}}', '{{"a": {{"b": [{{"{}": 1}}]}}}}']
)
@pytest.mark.parametrize("character", ["\\u0000", "\\ud800", "\\udfff", "\\udbff\\udbff", "\\udc00\\ud800"])
def test_nul_and_lone_surrogates_are_found_wherever_they_are(place: str, character: str) -> None:
    with pytest.raises(InvalidBody):
        parse_object(place.format(character).encode())


@pytest.mark.parametrize("raw", ['{"a": 1, "a": 1}', '{"b": [{"a": 1, "c": 2, "\\u0061": 1}]}', '{"": 1, "": 2}'])
def test_no_key_comes_twice(raw: str) -> None:
    with pytest.raises(InvalidBody, match="twice"):
        parse_object(raw.encode())


def test_keys_that_only_look_alike_are_different() -> None:
    assert len(parse_object('{"caf\u00e9": 1, "cafe\u0301": 2, "CAF\u00c9": 3, "caf\u00e9 ": 4}'.encode())) == 4


class View:
    max_body_bytes = 10


def test_a_body_of_the_size_that_the_view_sets_is_read() -> None:
    stream = BytesIO(b"{}".ljust(View.max_body_bytes))
    assert StrictJSONParser().parse(stream, "application/json", {"view": View()}) == {}


@pytest.mark.parametrize("size", [11, 1_000])
def test_a_body_above_that_size_is_refused_without_reading_on(size: int) -> None:
    stream = BytesIO(b"{}".ljust(size))
    with pytest.raises(BodyTooLarge):
        StrictJSONParser().parse(stream, "application/json", {"view": View()})
    assert stream.tell() <= View.max_body_bytes + 1


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "", "utf-8x", "ascii"])
def test_another_charset_is_refused_before_the_body_is_read(charset: str) -> None:
    stream = BytesIO(b"{}")
    with pytest.raises(UnsupportedMediaType):
        StrictJSONParser().parse(stream, f"application/json; charset={charset}", {"view": View()})
    assert stream.tell() == 0
