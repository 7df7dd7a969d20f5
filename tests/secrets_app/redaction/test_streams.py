"""What a stream holds back, what a pause shows, and what takes the place of values that touch or overlap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_app.redaction import MIN_LENGTH, Redactor, TextRedactor
from tests.secrets_app.redaction.outputs import pieces, redacted

TOKEN = "ghp_0123456789abcdefwxyz"


def test_nothing_is_held_back_where_no_value_begins() -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(b"no value here: ") == b"no value here: "
    assert redactor.flush() == b""


def test_exactly_the_beginning_of_a_value_is_held_back() -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(b"the token is ghp_01234") == b"the token is "
    assert redactor.feed(b"56789abcdefwxyz, ") == b"{{$A}}, "


def test_what_turns_out_to_be_something_else_is_given_out_at_once() -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(b"ghp_01234") == b""
    assert redactor.feed(b"~") == b"ghp_01234~"


def test_the_end_of_the_stream_gives_out_the_beginning_of_a_value() -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(b"ghp_01234") == b""
    assert redactor.flush() == b"ghp_01234"
    assert redactor.flush() == b""


def test_after_the_end_it_is_as_new() -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(b"ghp_01234") + redactor.flush() == b"ghp_01234"
    assert redactor.feed(b"56789abcdefwxyz") + redactor.flush() == b"56789abcdefwxyz"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_whatever_holds_bytes_can_be_fed(kind: type) -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(kind(TOKEN.encode())) + redactor.feed(kind(b".")) == b"{{$A}}."


@given(st.data())
def test_invalid_utf_8_passes(data: st.DataObject) -> None:
    output = bytes(range(256)) * 2 + b"\xff\xfe\xc3"
    assert redacted({"A": TOKEN}, data.draw(pieces(output))) == output


# Pauses


def test_a_prompt_appears() -> None:
    redactor = Redactor({"A": ": a secret that begins like a prompt ends", "B": "? or another"})
    assert redactor.feed(b"Really? [y/n]: ") + redactor.idle() == b"Really? [y/n]: "
    assert redactor.feed(b"y\n") == b"y\n"


def test_a_pause_shows_no_half_of_a_value_and_the_rest_is_replaced() -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(TOKEN[:12].encode()) + redactor.idle() == b""
    assert redactor.feed(TOKEN[12:].encode()) == b"{{$A}}"


@pytest.mark.parametrize(
    ("value", "shown"), [(TOKEN, "ghp_0"), ("123456", "1"), ("12345678", "12"), ("1234567890ab", "123")]
)
def test_a_value_that_comes_byte_by_byte_shows_no_more_than_a_quarter(value: str, shown: str) -> None:
    assert len(shown) < MIN_LENGTH
    redactor = TextRedactor({"A": value})
    seen = "".join(redactor.feed(character) + redactor.idle() for character in value)
    assert seen + redactor.flush() == shown + "{{$A}}"


def test_what_a_pause_has_shown_is_not_shown_again() -> None:
    redactor = Redactor({"A": TOKEN})
    assert [redactor.feed(b"gh"), redactor.idle(), redactor.idle(), redactor.feed(b"ost"), redactor.flush()] == [
        b"", b"gh", b"", b"ost", b"",
    ]  # fmt: skip


def test_a_pause_leaves_a_begun_colour_alone() -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(b"ok\x1b[3") + redactor.idle() == b"ok"
    assert redactor.feed(b"1m") == b"\x1b[31m"


# Values that touch, overlap, repeat and contain one another


@pytest.mark.parametrize(
    ("values", "output", "expected"),
    [
        ({"A": "abcdefgh", "B": "ghijklmn"}, "abcdefghijklmn", "{{$A}}{{$B}}"),
        ({"A": "abcdefgh", "B": "abcdefgh-ijkl"}, "abcdefgh-ijkl abcdefgh-x", "{{$B}} {{$A}}-x"),
        ({"A": "cdefghij", "B": "abcdefghijkl"}, "abcdefghijkl cdefghij", "{{$B}} {{$A}}"),
        ({"A": "same-value", "B": "same-value"}, "same-value", "{{$A}}"),
        ({"B": "same-value", "A": "same-value"}, "same-value", "{{$B}}"),
        ({"A": "abcabcabc"}, "abcabcabcabc!", "{{$A}}!"),
        ({"A": "abcdef"}, "abcdefabcdef", "{{$A}}{{$A}}"),
        ({"A": "secret", "B": "736563726574"}, "736563726574", "{{$B}}"),
        ({"A": "first line\nsecond line"}, "second line\nfirst line", "{{$A}}\n{{$A}}"),
        ({"A": "first line\nsecond line"}, "first line\r\nsecond line", "{{$A}}"),
        ({"A": "trailing\n"}, "trailing\n\n", "{{$A}}\n\n"),
        ({"A": "{{$B}}", "B": "value-of-b"}, "{{$B}} value-of-b", "{{$A}} {{$B}}"),
        ({"A": "12345", "B": ""}, "12345", "12345"),
    ],
)  # fmt: skip
def test_each_value_is_replaced_and_none_shows_its_rest(values: dict[str, str], output: str, expected: str) -> None:
    assert TextRedactor(values).redact(output) == expected
    slowly = TextRedactor(values)
    assert "".join(map(slowly.feed, output)) + slowly.flush() == expected


# Large


def test_a_thousand_values_and_the_largest_ones_are_found() -> None:
    values = {f"N{number}": f"{number:06d}-{'x' * (number % 50)}" for number in range(1000)} | {
        "LARGE": "".join(chr(33 + number * 7 % 90) for number in range(10_000)),
        "ALL_ALIKE": "a" * 10_000,
    }
    redactor = TextRedactor(values)
    output = "".join(f"[{value}]" for value in values.values())
    assert redactor.redact(output) == "".join("[{{$" + name + "}}]" for name in values)


@pytest.mark.parametrize("output", [b"a" * 300_000, b"a" * 9_999 + b"b", (b"a" * 5_000 + b"b") * 20])
def test_a_value_that_is_all_alike_costs_no_square(output: bytes) -> None:
    redactor = Redactor({"A": "a" * 10_000})
    assert redactor.redact(output) == (b"{{$A}}" if len(output) == 300_000 else output)


# Several streams


def test_two_streams_of_the_same_values_know_nothing_of_each_other() -> None:
    out = Redactor({"A": TOKEN})
    err = out.fresh()
    assert out.feed(b"ghp_0123456789") + err.feed(b"abcdefwxyz") + err.flush() == b"abcdefwxyz"
    assert out.feed(b"abcdefwxyz") == b"{{$A}}"


def test_redacting_something_apart_leaves_the_stream_alone() -> None:
    redactor = TextRedactor({"A": TOKEN})
    assert redactor.feed("ghp_0123456789") == ""
    assert redactor.redact(f"<{TOKEN}>") == "<{{$A}}>"
    assert redactor.feed("abcdefwxyz") == "{{$A}}"


def test_lone_surrogates_pass() -> None:
    assert TextRedactor({"A": TOKEN}).redact(f"\udcff {TOKEN} \ud83d") == "\udcff {{$A}} \ud83d"
