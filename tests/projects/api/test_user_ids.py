"""User ids in URLs: only the plain decimal number is one; every other form is 404."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Membership, Project
from tests.cast import Api
from tests.contract import PROJECTS, assert_problem

# `{0}` is the id of a member. With a lenient conversion, each of these forms would reach that member.
FORMS = {
    "leading zero": "0{0}",
    "plus": "%2B{0}",
    "bare plus": "+{0}",
    "minus": "-{0}",
    "fraction": "{0}.0",
    "exponent": "{0}e0",
    "another exponent": "1e3",
    "hexadecimal": "0x{0}",
    "underscore": "{0}_0",
    "full-width": "{1}",
    "Arabic": "{2}",
    "leading space": "%20{0}",
    "trailing space": "{0}%20",
    "trailing newline": "{0}%0A",
    "trailing NUL": "{0}%00",
    "NUL": "%00",
    "text": "abc",
    "username": "member",
    "me": "me",
    "true": "True",
    "none": "None",
    "zero": "0",
    "minus zero": "-0",
    "32 bits": str(2**31),
    "63 bits": str(2**63 - 1),
    "64 bits": str(2**63),
    "minus 64 bits": str(-(2**63) - 1),
    "30 digits": str(10**30),
    "5,000 digits": 5_000 * "9",
    "infinity": "inf",
    "not a number": "nan",
    "list": "{0},{0}",
    "invalid UTF-8": "%FF",
    "lone surrogate": "%ED%A0%80",
}


def in_digits(number: int, zero: str) -> str:
    return "".join(chr(ord(zero) + int(digit)) for digit in str(number))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_it_is_404(api: Api, admin: Any, member: Any, project: Project, form: str) -> None:
    key = form.format(member.pk, in_digits(member.pk, "\uff10"), in_digits(member.pk, "\u0660"))
    address, client = f"{PROJECTS}/{project.id}/members/{key}", api(admin)
    assert_problem(client.patch(address, {"role": "viewer"}), 404, "not_found")
    assert_problem(client.delete(address), 404, "not_found")
    assert Membership.objects.get(user=member).role == "member"


@pytest.mark.parametrize("rest", ["", "/"])
def test_the_number_itself_is_found(api: Api, admin: Any, member: Any, project: Project, rest: str) -> None:
    assert api(admin).delete(f"{PROJECTS}/{project.id}/members/{member.pk}{rest}").status_code == 204
