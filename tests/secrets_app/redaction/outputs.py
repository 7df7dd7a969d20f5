"""Hypothesis strategies for values, for outputs with values, and for pieces of output; and a slow redactor."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hypothesis import strategies as st

from secrets_app.redaction import Redactor
from secrets_app.redaction.forms import forms

Values = dict[str, str]

# There are few characters, so that values overlap, contain one another and repeat. Each notation escapes some of them.
CROWDED = st.text("ab1 \n\r\t\"'\\/+%&<$`~{}é\u20ac\U0001f511", min_size=1, max_size=14)
ANY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
VALUES = st.dictionaries(st.sampled_from(["A", "B2", "C_3", "DB_URL"]), CROWDED | ANY, min_size=1, max_size=4)
NOISE = st.binary(max_size=12) | st.sampled_from(
    [b"\n", b"\r\n", b" ", b"=", b"{{$A}}", b"\x1b[31m", b"\x1b[", b"\x1b"]
)


@st.composite
def outputs(draw: st.DrawFn, values: Values) -> bytes:
    """Draw an output of forms of the values, whole and in part, with or without other bytes between them."""
    known = [form for value in values.values() for form in forms(value)] or [b"none"]
    whole = st.sampled_from(known)
    part = st.builds(lambda form, start, end: form[start:end], whole, st.integers(0, 8), st.integers(0, 30))
    return b"".join(draw(st.lists(whole | part | NOISE, max_size=12)))


@st.composite
def values_and_output(draw: st.DrawFn) -> tuple[Values, bytes]:
    values = draw(VALUES)
    return values, draw(outputs(values))


@st.composite
def pieces(draw: st.DrawFn, output: bytes) -> list[bytes]:
    cuts = sorted(draw(st.sets(st.integers(0, len(output)), max_size=20)))
    return [output[start:end] for start, end in zip([0, *cuts], [*cuts, len(output)], strict=True)]


def redacted(values: Mapping[str, str], output: list[bytes]) -> bytes:
    redactor = Redactor(values)
    return b"".join([redactor.feed(piece) for piece in output]) + redactor.flush()


def without_breaks(output: bytes) -> bytes:
    return output.replace(b"\r", b"").replace(b"\n", b"")


def between_references(values: Mapping[str, str], output: bytes) -> list[bytes]:
    """Return the parts of the output around the references, without line breaks."""
    references = b"|".join(re.escape(b"{{$%b}}" % name.encode()) for name in values)
    return [without_breaks(part) for part in re.split(references, output)]


def slowly_redacted(values: Mapping[str, str], output: bytes) -> bytes:
    """Redact an output without colours as `Redactor` must, by trying every form at every place."""
    plain: dict[bytes, bytes] = {}
    other: dict[bytes, bytes] = {}
    for name, value in values.items():
        for number, form in enumerate(forms(value)):
            (other if number else plain).setdefault(form, b"{{$%b}}" % name.encode())
    references = other | plain
    places = [place for place, byte in enumerate(output) if byte not in b"\r\n"]
    text = without_breaks(output)
    result, hidden, last = b"", 0, b""
    for start, place in enumerate(places):
        end = max((start + len(form) for form in references if text.startswith(form, start)), default=0)
        if end and places[end - 1] >= hidden:
            reference = references[text[start:end]]
            result += output[hidden:place] + (reference if place >= hidden or reference != last else b"")
            hidden, last = places[end - 1] + 1, reference
    return result + output[hidden:]
