"""Values: 1 to 10,000 code points, which a task gets exactly as they were sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from secrets_app.models import Secret
from tests.cast import CANARY, Api, make_secret
from tests.contract import BATCH, SECRETS, assert_problem, invalid_fields, stored_value

ALL_PLANES = "".join(chr(code) for code in range(1, 0x110000, 110) if not 0xD800 <= code <= 0xDFFF)[-10_000:]
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQ==\n-----END PRIVATE KEY-----\n"
VALUES = {
    "one character": "x",
    "all planes": ALL_PLANES,
    "astral": 10_000 * "\U0001f511",
    "composed": "caf\u00e9",
    "decomposed": "cafe\u0301",
    "compatibility": "\ufb01\u2126\uff21\u00bd",
    "combining alone": "\u0301\u0300",
    "PEM": PEM,
    "CRLF": "a\r\nb\r\n",
    "lone CR": "a\rb",
    "separators": "a\u2028b\u2029c\u0085d",
    "surrounding spaces": "  a  ",
    "one space": " ",
    "only spaces": " \t\n\u00a0\u3000\u200b",
    "control characters": "".join(map(chr, range(1, 32))) + "\x7f\x80\x9f",
    "byte order mark": "\ufeffx\ufeff",
    "noncharacters": "\ufffe\uffff\ufdd0\U0010ffff",
    "directions": "\u202egnp.exe\u2066",
    "markup": "<script>alert(1)</script>&amp;%s{{$NAME}}\\u0041",
    "looks like JSON": '{"value": null}',
    "looks like a number": "123",
    "sealed": "sealed:AAAA",
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize("ensure_ascii", [True, False], ids=["escaped", "plain"])
def test_a_created_value_is_kept_to_the_byte(api: Api, member: Any, value: str, ensure_ascii: bool) -> None:
    body = json.dumps({"name": "TOKEN", "value": value}, ensure_ascii=ensure_ascii).encode()
    answer = api(member).post(SECRETS, body)
    assert answer.status_code == 201
    assert stored_value(answer.json()["id"]).encode() == value.encode()


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_so_is_a_changed_one(api: Api, member: Any, value: str) -> None:
    secret = make_secret(member)
    assert api(member).patch(f"{SECRETS}/{secret.id}", {"value": value}).status_code == 200
    assert stored_value(secret.id).encode() == value.encode()


def test_so_is_each_of_a_batch(api: Api, member: Any) -> None:
    items = [{"name": f"N{number}", "value": value} for number, value in enumerate(VALUES.values())]
    results = api(member).post(BATCH, {"secrets": items}).json()["results"]
    assert [stored_value(secret["id"]) for secret in results] == list(VALUES.values())


def test_all_planes_are_there() -> None:
    assert len(ALL_PLANES) == 10_000
    assert {ord(character) >> 16 for character in ALL_PLANES} == set(range(17))


@pytest.mark.parametrize("character", ["x", " ", "\u00e9", "\U0001f511", "\u0301"])
def test_10001_code_points_are_too_many(api: Api, member: Any, character: str) -> None:
    client, kept = api(member), make_secret(member, name="KEPT", value="before")
    assert invalid_fields(client.post(SECRETS, {"name": "NEW", "value": 10_001 * character})) == {"value"}
    assert invalid_fields(client.patch(f"{SECRETS}/{kept.id}", {"value": 10_001 * character})) == {"value"}
    assert stored_value(Secret.objects.get().id) == "before"


@pytest.mark.parametrize("value", ["", None, 123, 1.5, True, False, [], [CANARY], {}, {"value": CANARY}])
def test_only_a_string_with_something_in_it_is_a_value(api: Api, member: Any, value: Any) -> None:
    client, kept = api(member), make_secret(member, name="KEPT", value="before")
    assert invalid_fields(client.post(SECRETS, {"name": "NEW", "value": value})) == {"value"}
    assert invalid_fields(client.patch(f"{SECRETS}/{kept.id}", {"value": value})) == {"value"}
    assert stored_value(Secret.objects.get().id) == "before"


@pytest.mark.parametrize("hole", ["\\u0000", "\\ud800", "\\udfff", "\\udc00\\ud800", "\\ud83dx", "\x00"])
def test_nul_and_lone_surrogates_are_no_characters(api: Api, member: Any, hole: str) -> None:
    answer = api(member).post(SECRETS, f'{{"name": "TOKEN", "value": "{CANARY}{hole}"}}'.encode())
    assert_problem(answer, 400, "invalid")
    assert not Secret.objects.exists()
