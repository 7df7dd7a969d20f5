"""The names that a grant selects: checked at once, and refused name by name."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from neo_base.rest.fields import ListField
from secrets_app.api.grant_serializers import MAX_SELECTED, SelectedNameField, SelectedNamesField
from secrets_app.tasks.selection import SelectedName

pytestmark = pytest.mark.once

AT_ONCE = SelectedNamesField(child=SelectedNameField(), max_length=MAX_SELECTED)
ONE_BY_ONE = ListField(child=SelectedNameField(), max_length=MAX_SELECTED)


def test_names_are_parsed_in_their_order() -> None:
    assert AT_ONCE.run_validation(["B", "personal:A", "B"]) == [
        SelectedName("B"),
        SelectedName("A", personal=True),
        SelectedName("B"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        ["A", "a"],
        ["A", ""],
        ["A", None, 1, {}],
        ["A\n", "A\x00", " A"],
        ["personal:", "PERSONAL:A", "personal:personal:A"],
        ["A" * 128, "A" * 129, "personal:" + "A" * 129],
        ["A"] * (MAX_SELECTED + 1),
        "A",
        {"A": "A"},
    ],
)
def test_each_wrong_name_is_told_as_by_itself(wrong: Any) -> None:
    with pytest.raises(ValidationError) as at_once:
        AT_ONCE.run_validation(wrong)
    with pytest.raises(ValidationError) as one_by_one:
        ONE_BY_ONE.run_validation(wrong)
    assert at_once.value.detail == one_by_one.value.detail
