"""Streams: what is held back, what `idle` shows, and how adjacent and overlapping values are replaced."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_app.redaction import MIN_LENGTH, Redactor, TextRedactor
from tests.secrets_app.redaction.outputs import pieces, redacted

TOKEN = "ghp_0123456789abcdefwxyz"


def test_output_without_a_value_is_not_held_back() -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(b"no value here: ") == b"no value here: "
    assert redactor.flush() == b""


def test_only_the_beginning_of_a_value_is_held_back() -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(b"the token is ghp_01234") == b"the token is "
    assert redactor.feed(b"56789abcdefwxyz, ") == b"{{$A}}, "


def test_a_false_beginning_is_released_at_once() -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(b"ghp_01234") == b""
    assert redactor.feed(b"~") == b"ghp_01234~"


def test_flush_releases_the_beginning_of_a_value() -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(b"ghp_01234") == b""
    assert redactor.flush() == b"ghp_01234"
    assert redactor.flush() == b""


def test_a_redactor_can_be_used_again_after_flush() -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(b"ghp_01234") + redactor.flush() == b"ghp_01234"
    assert redactor.feed(b"56789abcdefwxyz") + redactor.flush() == b"56789abcdefwxyz"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_feed_takes_bytearrays_and_memoryviews(kind: type) -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(kind(TOKEN.encode())) + redactor.feed(kind(b".")) == b"{{$A}}."


@given(st.data())
def test_invalid_utf_8_passes_unchanged(data: st.DataObject) -> None:
    output = bytes(range(256)) * 2 + b"\xff\xfe\xc3"
    assert redacted({"A": TOKEN}, data.draw(pieces(output))) == output


# Pauses


def test_idle_releases_a_prompt() -> None:
    redactor = Redactor({"A": ": a secret that begins like a prompt ends", "B": "? or another"})
    assert redactor.feed(b"Really? [y/n]: ") + redactor.idle() == b"Really? [y/n]: "
    assert redactor.feed(b"y\n") == b"y\n"


def test_idle_shows_no_half_of_a_value() -> None:
    redactor = Redactor({"A": TOKEN})
    assert redactor.feed(TOKEN[:12].encode()) + redactor.idle() == b""
    assert redactor.feed(TOKEN[12:].encode()) == b"{{$A}}"


@pytest.mark.parametrize(
    ("value", "shown"), [(TOKEN, "ghp_0"), ("123456", "1"), ("12345678", "12"), ("1234567890ab", "123")]
)
def test_idle_shows_at_most_a_quarter_of_a_slow_value(value: str, shown: str) -> None:
    assert len(shown) < MIN_LENGTH
    redactor = TextRedactor({"A": value})
    seen = "".join(redactor.feed(character) + redactor.idle() for character in value)
    assert seen + redactor.flush() == shown + "{{$A}}"


def test_output_released_by_idle_is_not_repeated() -> None:
    redactor = Redactor({"A": TOKEN})
    assert [redactor.feed(b"gh"), redactor.idle(), redactor.idle(), redactor.feed(b"ost"), redactor.flush()] == [
        b"", b"gh", b"", b"ost", b"",
    ]  # fmt: skip


def test_idle_does_not_divide_a_colour() -> None:
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
def test_overlapping_values_are_replaced_completely(values: dict[str, str], output: str, expected: str) -> None:
    assert TextRedactor(values).redact(output) == expected
    slowly = TextRedactor(values)
    assert "".join(map(slowly.feed, output)) + slowly.flush() == expected


# Large


def test_a_thousand_values_and_the_largest_are_found() -> None:
    values = {f"N{number}": f"{number:06d}-{'x' * (number % 50)}" for number in range(1000)} | {
        "LARGE": "".join(chr(33 + number * 7 % 90) for number in range(10_000)),
        "ALL_ALIKE": "a" * 10_000,
    }
    redactor = TextRedactor(values)
    output = "".join(f"[{value}]" for value in values.values())
    assert redactor.redact(output) == "".join("[{{$" + name + "}}]" for name in values)


@pytest.mark.parametrize("output", [b"a" * 300_000, b"a" * 9_999 + b"b", (b"a" * 5_000 + b"b") * 20])
def test_a_repetitive_value_takes_linear_time(output: bytes) -> None:
    redactor = Redactor({"A": "a" * 10_000})
    assert redactor.redact(output) == (b"{{$A}}" if len(output) == 300_000 else output)


# Several streams


def test_two_streams_of_the_same_values_are_independent() -> None:
    out = Redactor({"A": TOKEN})
    err = out.fresh()
    assert out.feed(b"ghp_0123456789") + err.feed(b"abcdefwxyz") + err.flush() == b"abcdefwxyz"
    assert out.feed(b"abcdefwxyz") == b"{{$A}}"


def test_redact_does_not_change_the_stream() -> None:
    redactor = TextRedactor({"A": TOKEN})
    assert redactor.feed("ghp_0123456789") == ""
    assert redactor.redact(f"<{TOKEN}>") == "<{{$A}}>"
    assert redactor.feed("abcdefwxyz") == "{{$A}}"


def test_lone_surrogates_pass_unchanged() -> None:
    assert TextRedactor({"A": TOKEN}).redact(f"\udcff {TOKEN} \ud83d") == "\udcff {{$A}} \ud83d"
