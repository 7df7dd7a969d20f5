"""`StrictSerializer.validated`: one instance for all requests, which keeps nothing of any of them."""

from __future__ import annotations

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from neo_base.rest.fields import IntegerField, ListField, TextField
from neo_base.rest.serializers import StrictSerializer


class Parcel(StrictSerializer):
    name = TextField()
    labels = ListField(child=TextField(max_length=3), default=list)
    weight = IntegerField(required=False)


def test_each_call_starts_anew() -> None:
    first = Parcel.validated({"name": "a", "labels": ["x"], "weight": 1})
    first["labels"].append("y")
    assert Parcel.validated({"name": "b"}) == {"name": "b", "labels": []}


def test_a_refusal_leaves_nothing_behind() -> None:
    with pytest.raises(ValidationError):
        Parcel.validated({"name": "a", "labels": ["too long"]})
    assert Parcel.validated({"name": "b"}) == {"name": "b", "labels": []}


@pytest.mark.parametrize("data", [{}, {"name": 1}, {"name": "a", "labels": ["long", "x", 1]}, {"other": 1}])
def test_errors_are_those_of_the_framework(data: object) -> None:
    plain = Parcel(data=data)
    with pytest.raises(serializers.ValidationError) as usual:
        plain.is_valid(raise_exception=True)
    with pytest.raises(ValidationError) as ours:
        Parcel.validated(data)
    assert ours.value.get_full_details() == usual.value.get_full_details()
