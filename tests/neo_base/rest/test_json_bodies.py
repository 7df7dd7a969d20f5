"""JSON bodies: endpoints refuse what RFC 8259 forbids or leaves open, and neither echo nor store any of it."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Project
from secrets_app.models import Secret
from tests.cast import CANARY, Api, make_secret
from tests.contract import BATCH, PROJECTS, SECRETS, assert_problem, invalid_fields

pytestmark = pytest.mark.once


def nested(depth: int, opening: str, closing: str) -> str:
    """Return a JSON object nested `depth` levels deep, itself included."""
    return f'{{"value": "{CANARY}", "a": {(depth - 1) * opening}1{(depth - 1) * closing}}}'


BODIES: dict[str, str | bytes] = {
    "nothing but space": "  ",
    "broken": f'{{"value": "{CANARY}"',
    "trailing comma": f'{{"value": "{CANARY}",}}',
    "single quotes": f"{{'value': '{CANARY}'}}",
    "comment": f'{{"value": "{CANARY}"}} // x',
    "two objects": f'{{"value": "{CANARY}"}}{{}}',
    "unquoted": f"{{value: {CANARY}}}",
    "raw newline": f'{{"value": "{CANARY}\n"}}',
    "array": f'["{CANARY}"]',
    "string": f'"{CANARY}"',
    "number": "1",
    "null": "null",
    "true": "true",
    "NaN": f'{{"value": "{CANARY}", "a": NaN}}',
    "Infinity": f'{{"value": "{CANARY}", "a": Infinity}}',
    "-Infinity": f'{{"value": "{CANARY}", "a": [-Infinity]}}',
    "1e999": f'{{"value": "{CANARY}", "a": 1e999}}',
    "-1e999": f'{{"value": "{CANARY}", "a": {{"b": -1e999}}}}',
    "33 digits": f'{{"value": "{CANARY}", "a": {33 * "9"}}}',
    "5,000 digits": f'{{"value": "{CANARY}", "a": {5_000 * "9"}}}',
    "500,000 digits": f'{{"value": "{CANARY}", "a": {500_000 * "9"}}}',
    "long fraction": f'{{"value": "{CANARY}", "a": 0.{500_000 * "1"}}}',
    "duplicate": f'{{"name": "A", "value": "{CANARY}", "name": "A"}}',
    "duplicate escaped": f'{{"name": "A", "value": "{CANARY}", "n\\u0061me": "A"}}',
    "duplicate nested": f'{{"value": "{CANARY}", "x": [{{"a": 1, "a": 1}}]}}',
    "duplicate empty": f'{{"value": "{CANARY}", "x": {{"": 1, "": 1}}}}',
    "NUL": f'{{"name": "A", "value": "{CANARY}\\u0000"}}',
    "NUL in a key": f'{{"value": "{CANARY}", "a\\u0000": 1}}',
    "raw NUL": f'{{"value": "{CANARY}\x00"}}',
    "NUL in a name": f'{{"name": "A\\u0000", "value": "{CANARY}"}}',
    "surrogate": f'{{"name": "A", "value": "{CANARY}\\ud800"}}',
    "low surrogate": f'{{"name": "A", "value": "\\udc00{CANARY}"}}',
    "surrogate in a name": f'{{"name": "\\udfff", "value": "{CANARY}"}}',
    "surrogate in a key": f'{{"value": "{CANARY}", "\\ud800": 1}}',
    "surrogate nested": f'{{"value": "{CANARY}", "x": [{{"y": ["\\ud800"]}}]}}',
    "surrogate in a nested key": f'{{"value": "{CANARY}", "x": [{{"\\udfff": 1}}]}}',
    "reversed pair": f'{{"name": "A", "value": "{CANARY}\\udc00\\ud800"}}',
    "encoded surrogate": b'{"value": "CANARY\xed\xa0\x80"}',
    "overlong": b'{"value": "CANARY\xc0\x80"}',
    "invalid UTF-8": b'{"value": "CANARY\xff"}',
    "cut UTF-8": b'{"value": "CANARY\xe2\x82',
    "BOM": b"\xef\xbb\xbf{}",
    "33 lists": nested(33, "[", "]"),
    "33 objects": nested(33, '{"a": ', "}"),
    "65": nested(65, "[", "]"),
    "5,000 lists": nested(5_000, "[", "]"),
    "5,000 objects": nested(5_000, '{"a": ', "}"),
    "100,000 lists": nested(100_000, "[", "]"),
    "100,000 objects": nested(100_000, '{"a":', "}"),
    "100,000 unclosed": f'{{"a": {100_000 * "["}',
}


def raw(body: str | bytes) -> bytes:
    return body if isinstance(body, bytes) else body.encode()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_not_strict_json_creates_nothing(api: Api, member: Any, body: str | bytes) -> None:
    client = api(member)
    for path in (SECRETS, BATCH, PROJECTS):
        assert invalid_fields(client.post(path, raw(body))) == {"body"}
    assert not Secret.objects.exists()
    assert not Project.objects.exists()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_it_changes_nothing_either(api: Api, admin: Any, project: Project, body: str | bytes) -> None:
    client, secret = api(admin), make_secret(admin)
    addresses = (f"{SECRETS}/{secret.id}", f"{PROJECTS}/{project.id}", f"{PROJECTS}/{project.id}/members/{admin.pk}")
    for path in addresses:
        assert invalid_fields(client.patch(path, raw(body))) == {"body"}
    assert Secret.objects.get().revision == secret.revision
    assert Project.objects.get().updated_at == project.updated_at


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_an_empty_body_is_an_empty_object(api: Api, member: Any, body: bytes) -> None:
    assert invalid_fields(api(member).post(SECRETS, body)) == {"name", "value"}


def test_paired_surrogates_are_a_character(api: Api, member: Any) -> None:
    body = b'{"name": "TOKEN", "value": "\\ud83d\\udd11 and more than 14"}'
    answer = api(member).post(SECRETS, body)
    assert answer.status_code == 201
    assert answer.json()["masked_value"].startswith("\U0001f511 a")


def test_escapes_in_keys_mean_what_they_say(api: Api, member: Any) -> None:
    assert api(member).post(SECRETS, b'{"n\\u0061me": "TOKEN", "value": "x"}').status_code == 201


def test_32_levels_are_not_too_deep(api: Api, member: Any) -> None:
    body = nested(32, "[", "]").encode()
    [message] = assert_problem(api(member).post(SECRETS, body), 400, "invalid")["errors"]["body"]
    assert message.startswith("Unknown name.")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"name": "TOKEN", "valeu": CANARY}, "Not allowed: number 2 (did you mean value?)."),
        ({CANARY: "TOKEN", "Value": "x"}, "Not allowed: number 1, number 2 (did you mean value?)."),
        ({"x" * 100_000: 1}, "Not allowed: number 1."),
        (
            {f"{index}-{CANARY}": 1 for index in range(99)},
            "Not allowed: number 1, number 2, number 3, number 4, number 5.",
        ),
    ],
)
def test_an_unknown_name_is_told_by_its_place_and_not_repeated(
    api: Api, member: Any, body: dict[str, Any], told: str
) -> None:
    answer = api(member).post(SECRETS, body)
    [message] = assert_problem(answer, 400, "invalid")["errors"]["body"]
    assert message.endswith(told)
    assert CANARY not in answer.content.decode()
