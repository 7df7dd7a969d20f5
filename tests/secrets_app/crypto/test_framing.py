from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from secrets_app.crypto import frame

Parts = list[bytes]
some_parts = st.lists(st.binary(max_size=12), max_size=5)


def unframed(framed: bytes) -> Parts:
    """The inverse; that it exists is what injective means."""
    count, at, parts = int.from_bytes(framed[:4], "big"), 4, []
    for _ in range(count):
        length = int.from_bytes(framed[at : at + 4], "big")
        parts.append(framed[at + 4 : at + 4 + length])
        at += 4 + length
    assert at == len(framed)
    return parts


def test_count_and_lengths_are_four_bytes_big_endian() -> None:
    assert frame() == bytes(4)
    assert frame(b"ab", b"") == b"\x00\x00\x00\x02" + b"\x00\x00\x00\x02ab" + b"\x00\x00\x00\x00"


@given(some_parts)
def test_the_parts_can_be_read_back(parts: Parts) -> None:
    assert unframed(frame(*parts)) == parts


@given(some_parts, some_parts)
@example([b"user:1", b"23"], [b"user:12", b"3"])
@example([], [b""])
@example([b"a", b""], [b"a"])
@example([frame(b"a")], [b"a"])
def test_different_parts_give_different_bytes(one: Parts, other: Parts) -> None:
    assert (frame(*one) == frame(*other)) == (one == other)
