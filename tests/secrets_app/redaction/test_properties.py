"""Properties of redaction that hold for any values, any output and any pieces."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from secrets_app.redaction import Redactor, TextRedactor, is_maskable
from secrets_app.redaction.forms import forms, has_words
from tests.secrets_app.redaction.outputs import (
    ANY,
    VALUES,
    Values,
    between_references,
    pieces,
    redacted,
    slowly_redacted,
    unwrapped,
    values_and_output,
    without_breaks,
    without_controls,
)


@given(values_and_output(), st.data())
def test_no_form_of_a_maskable_value_survives(case: tuple[Values, bytes], data: st.DataObject) -> None:
    values, output = case
    result = redacted(values, data.draw(pieces(output)))
    known = {form for value in values.values() for form in forms(value)}
    assert [form for form in known for part in between_references(values, result) if form in part] == []


@given(values_and_output(), st.data())
def test_the_result_does_not_depend_on_the_pieces(case: tuple[Values, bytes], data: st.DataObject) -> None:
    values, output = case
    assert redacted(values, data.draw(pieces(output))) == redacted(values, [output])


@given(values_and_output())
def test_byte_by_byte_gives_the_same_result(case: tuple[Values, bytes]) -> None:
    values, output = case
    assert redacted(values, [bytes([byte]) for byte in output]) == redacted(values, [output])


@given(values_and_output())
def test_the_result_equals_that_of_a_slow_redactor(case: tuple[Values, bytes]) -> None:
    values, output = case
    # Between words, lines may be wrapped anywhere.
    assume(not any(map(has_words, values.values())))
    output = unwrapped(output)
    assert redacted(values, [output]) == slowly_redacted(values, output)


@given(VALUES, st.binary(max_size=200), st.data())
def test_output_without_values_passes_unchanged(values: Values, output: bytes, data: st.DataObject) -> None:
    output = without_controls(output)
    squeezed = without_breaks(output).translate(None, b" \t")
    known = [form for value in values.values() for form in forms(value)]
    assume(not any(form in without_breaks(output) or form in squeezed for form in known))
    assert redacted(values, data.draw(pieces(output))) == output


@given(values_and_output(), st.data())
def test_pauses_do_not_change_output_without_values(case: tuple[Values, bytes], data: st.DataObject) -> None:
    values, output = case
    assume(redacted(values, [output]) == output)
    redactor = Redactor(values)
    result = b"".join([redactor.feed(piece) + redactor.idle() for piece in data.draw(pieces(output))])
    assert result + redactor.flush() == output


@given(values_and_output(), st.data())
def test_pauses_let_no_form_survive(case: tuple[Values, bytes], data: st.DataObject) -> None:
    values, output = case
    redactor = Redactor(values)
    result = b"".join([redactor.feed(piece) + redactor.idle() for piece in data.draw(pieces(output))])
    known = {form for value in values.values() for form in forms(value)}
    parts = between_references(values, result + redactor.flush())
    assert [form for form in known for part in parts if form in part] == []


@given(VALUES, st.lists(ANY, max_size=5))
def test_text_and_its_bytes_are_redacted_alike(values: Values, texts: list[str]) -> None:
    redactor = TextRedactor(values)
    texts = [*texts, *values.values()]
    result = "".join([redactor.feed(text) for text in texts]) + redactor.flush()
    assert result.encode() == redacted(values, ["".join(texts).encode()])


@given(ANY)
def test_a_value_of_the_minimum_length_is_maskable(value: str) -> None:
    assert is_maskable("".join(value.split()) + "6bytes")
    assert is_maskable(value) == bool(list(forms(value)))
