"""Names: 1 to 128 characters, upper-case letters A to Z, digits and underscores, beginning with a letter."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_app.models import Secret
from tests.cast import CANARY, Api
from tests.contract import BATCH, SECRETS, invalid_fields

BAD = {
    "empty": "",
    "129 characters": 129 * "A",
    "100,000 characters": 100_000 * "A",
    "lower case": "token",
    "mixed case": "Token",
    "one lower": "TOKEn",
    "leading digit": "1TOKEN",
    "leading underscore": "_TOKEN",
    "only digits": "123",
    "space inside": "MY TOKEN",
    "leading space": " TOKEN",
    "trailing space": "TOKEN ",
    "trailing newline": "TOKEN\n",
    "trailing CR": "TOKEN\r",
    "two lines": "TOKEN\nTOKEN",
    "hyphen": "MY-TOKEN",
    "dot": "MY.TOKEN",
    "equals": "A=B",
    "dollar": "$TOKEN",
    "letters of other alphabets": "\u0422OKEN",
    "accents": "TOK\u00c9N",
    "combining": "TOKE\u0301N",
    "full width": "\uff34\uff2f\uff2b\uff25\uff2e",
    "Arabic digits": "TOKEN\u0661",
    "full-width digits": "TOKEN\uff11",
    "superscript": "TOKEN\u00b2",
    "Kelvin sign": "TO\u212aEN",
    "zero-width": "TOKEN\u200b",
    "number": 123,
    "null": None,
    "true": True,
    "list": ["TOKEN"],
    "object": {"TOKEN": "TOKEN"},
}


@pytest.mark.parametrize("name", ["T", "TOKEN", "A1", "A_", "A__1", "A" + 127 * "_", 128 * "Z", "A" + 127 * "9"])
def test_it_takes_every_name_of_the_form(api: Api, member: Any, name: str) -> None:
    answer = api(member).post(SECRETS, {"name": name, "value": CANARY})
    assert answer.status_code == 201
    assert answer.json()["name"] == name


@pytest.mark.parametrize("name", BAD.values(), ids=BAD.keys())
def test_it_takes_no_other(api: Api, member: Any, name: Any) -> None:
    client, item = api(member), {"name": name, "value": CANARY}
    assert invalid_fields(client.post(SECRETS, item)) == {"name"}
    assert invalid_fields(client.post(BATCH, {"secrets": [item]})) == {"secrets.0.name"}
    assert not Secret.objects.exists()


def test_a_value_sent_as_the_name_is_not_echoed(api: Api, member: Any) -> None:
    assert CANARY not in api(member).post(SECRETS, {"name": CANARY, "value": "x"}).content.decode()
