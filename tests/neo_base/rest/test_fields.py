"""Serializer fields: each accepts one JSON type and converts nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import Field

from neo_base.rest.fields import (
    ONE_LINE,
    BooleanField,
    ChoiceField,
    DateTimeField,
    QueryIntegerField,
    TextField,
    UUIDField,
)
from tests.cast import CANARY

pytestmark = pytest.mark.once

ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=2)
KEY = UUID("0b9a7f3e-5c1d-4e2f-8a6b-7c8d9e0f1a2b")


def fields() -> list[Field[Any, Any, Any, Any]]:
    return [TextField(max_length=9), BooleanField(), UUIDField(), DateTimeField(), ChoiceField(["a", "b"])]


@pytest.mark.parametrize("field", fields(), ids=lambda field: type(field).__name__)
@given(data=ANYTHING)
def test_a_field_takes_a_value_or_raises_a_validation_error(field: Field[Any, Any, Any, Any], data: Any) -> None:
    try:
        field.run_validation(data)
    except ValidationError:
        return
    assert isinstance(data, str | bool)


@pytest.mark.parametrize("field", fields(), ids=lambda field: type(field).__name__)
@pytest.mark.parametrize("data", [CANARY, [CANARY], {CANARY: CANARY}])
def test_no_message_quotes_the_input(field: Field[Any, Any, Any, Any], data: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        field.run_validation(data)
    assert CANARY not in str(refusal.value.detail)


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1))
def test_text_is_never_trimmed_or_changed(text: str) -> None:
    assert TextField().run_validation(text) == text


@pytest.mark.parametrize("text", ["a\nb", "\r", "\t", "\x1b[0m", "\x7f", "\x85", "\x9f", "a\n", "\x00"])
def test_one_line_holds_no_control_character(text: str) -> None:
    with pytest.raises(ValidationError):
        TextField(form=ONE_LINE).run_validation(text)


@pytest.mark.parametrize("data", [True, False])
def test_a_boolean_is_itself(data: bool) -> None:
    assert BooleanField().run_validation(data) is data


@pytest.mark.parametrize("data", ["true", "True", "yes", "on", "1", "", 1, 0, 1.0, [], {}])
def test_nothing_else_is_a_boolean(data: Any) -> None:
    with pytest.raises(ValidationError):
        BooleanField().run_validation(data)


@pytest.mark.parametrize("text", [str(KEY), str(KEY).upper()])
def test_a_canonical_uuid_is_taken(text: str) -> None:
    assert UUIDField().run_validation(text) == KEY
    assert UUIDField().to_representation(KEY) == str(KEY)


@pytest.mark.parametrize("form", ["{{{}}}", "urn:uuid:{}", " {}", "{}\n", "{}0", "-{}"])
def test_other_forms_of_it_are_not(form: str) -> None:
    with pytest.raises(ValidationError):
        UUIDField().run_validation(form.format(KEY))
    with pytest.raises(ValidationError):
        UUIDField().run_validation(KEY.hex)


@given(
    moment=st.datetimes(
        timezones=st.timedeltas(-timedelta(hours=23), timedelta(hours=23)).map(
            lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
        )
    )
)
def test_a_moment_is_the_same_after_in_and_out(moment: datetime) -> None:
    field = DateTimeField()
    try:
        expected = moment.astimezone(UTC)
    except OverflowError:
        with pytest.raises(ValidationError):
            field.run_validation(moment.isoformat())
        return
    assert field.run_validation(moment.isoformat()) == expected
    shown = field.to_representation(moment)
    assert shown.endswith("Z")
    assert field.run_validation(shown) == expected


@pytest.mark.parametrize("data", ["A", "", "c", None, 1, True, ["a"], {"a": 1}])
def test_a_choice_is_one_of_the_strings(data: Any) -> None:
    assert ChoiceField(["a", "b"]).run_validation("a") == "a"
    with pytest.raises(ValidationError):
        ChoiceField(["a", "b"]).run_validation(data)


@given(number=st.integers(0, 10**10 - 1))
def test_a_query_number_is_plain_digits(number: int) -> None:
    assert QueryIntegerField().run_validation(str(number)) == number


@given(text=st.text(max_size=12) | st.integers(10**10).map(str) | st.integers(max_value=-1).map(str))
def test_nothing_else_is_a_query_number(text: str) -> None:
    plain = text.isascii() and text.isdigit() and len(text) <= 10
    try:
        taken = str(QueryIntegerField().run_validation(text)).zfill(len(text)) == text
    except ValidationError:
        taken = False
    assert taken == plain
