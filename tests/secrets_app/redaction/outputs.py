"""Hypothesis strategies for values, for outputs with values, and for pieces of output; and a slow redactor."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from hypothesis import strategies as st

from secrets_app.redaction import Redactor
from secrets_app.redaction.forms import Text, forms, texts

Values = dict[str, str]

# There are few characters, so that values overlap, contain one another and repeat. Each notation escapes some of them.
CROWDED = st.text("ab1 \n\r\t\"'\\/+%&<$`~{}é\u20ac\U0001f511", min_size=1, max_size=14)
ANY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
STRUCTURED = st.builds(
    str.format,
    st.sampled_from(["db://u:{}@h/", '{{"key": "{}", "n": 1}}', "Bearer {}", "export KEY={}\nB=1", "Pwd={};User=u"]),
    st.text("ab1%/@~Zk9", min_size=6, max_size=14),
)
VALUES = st.dictionaries(
    st.sampled_from(["A", "B2", "C_3", "DB_URL"]), CROWDED | ANY | STRUCTURED, min_size=1, max_size=4
)
# What ends in the middle of an escape sequence, of an overstrike or of a wrapped line.
ESCAPES = [b"\x1b[31m", b"\x1b[", b"\x1b", b"\x1b]8;;x\x1b\\", b"\x1b]0;t\a", b"\x1b]8;", b"\x1b(B"]
OVERSTRIKES = [b"\b", b"_\b", b"a\b", b"_"]
NOISE = st.binary(max_size=12) | st.sampled_from(
    [b"\n", b"\r\n", b" ", b"=", b"{{$A}}", b"\0", b"  \n  ", b"\n\t", b" \r\n", *ESCAPES, *OVERSTRIKES]
)


@st.composite
def outputs(draw: st.DrawFn, values: Values) -> bytes:
    """Draw an output of forms of the values, whole and in part, with or without other bytes between them."""
    known = [form for value in values.values() for form in forms(value)] or [b"none"]
    whole = st.sampled_from(known)
    wrapped = st.builds(lambda form, at, gap: form[:at] + gap + form[at:], whole, st.integers(0, 8), NOISE)
    part = st.builds(lambda form, start, end: form[start:end], whole, st.integers(0, 8), st.integers(0, 30))
    return b"".join(draw(st.lists(whole | part | wrapped | NOISE, max_size=12)))


@st.composite
def values_and_output(draw: st.DrawFn) -> tuple[Values, bytes]:
    values = draw(VALUES)
    return values, draw(outputs(values))


@st.composite
def pieces(draw: st.DrawFn, output: bytes) -> list[bytes]:
    cuts = sorted(draw(st.sets(st.integers(0, len(output)), max_size=20)))
    return [output[start:end] for start, end in zip([0, *cuts], [*cuts, len(output)], strict=True)]


def redacted(values: Mapping[str, str], output: list[bytes], encodings: Collection[str] = ()) -> bytes:
    redactor = Redactor(values, encodings)
    return b"".join([redactor.feed(piece) for piece in output]) + redactor.flush()


def without_breaks(output: bytes) -> bytes:
    return output.translate(None, b"\r\n\0")


def without_controls(output: bytes) -> bytes:
    return output.translate(None, b"\x1b\b")


def unwrapped(output: bytes) -> bytes:
    """Return the output without escapes, backspaces, and blanks at the ends of lines."""
    return re.sub(rb"[ \t]*([\r\n\0]+)[ \t]*", rb"\1", without_controls(output))


def between_references(values: Mapping[str, str], output: bytes) -> list[bytes]:
    """Return the parts of the output around the references, without line breaks and NULs."""
    references = b"|".join(re.escape(b"{{$%b}}" % name.encode()) for name in values)
    return [without_breaks(part) for part in re.split(references, output)]


def slowly_redacted(values: Mapping[str, str], output: bytes) -> bytes:
    """Redact an unwrapped output as `Redactor` must, by trying every form at every place."""
    plain: dict[bytes, bytes] = {}
    other: dict[bytes, bytes] = {}
    whole: dict[Text, str] = {}
    within: dict[Text, str] = {}
    for name, value in values.items():
        for number, sought in enumerate(texts(value)):
            (within if number else whole).setdefault(sought, name)
    for sought, name in (whole | within | whole).items():
        for number, form in enumerate(sought.forms()):
            (plain if sought in whole and not number else other).setdefault(form, b"{{$%b}}" % name.encode())
    references = other | plain
    places = [place for place, byte in enumerate(output) if byte not in b"\r\n\0"]
    text = without_breaks(output)
    result, hidden, last = b"", 0, b""
    for start, place in enumerate(places):
        end = max((start + len(form) for form in references if text.startswith(form, start)), default=0)
        if end and places[end - 1] >= hidden:
            reference = references[text[start:end]]
            result += output[hidden:place] + (reference if place >= hidden or reference != last else b"")
            hidden, last = places[end - 1] + 1, reference
    return result + output[hidden:]
