"""Ordinary words in structured values: they are not redacted by themselves, so that logs stay readable."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_app.redaction import Redactor, TextRedactor
from secrets_app.redaction.ordinary import is_random, is_secret, is_secret_name
from tests.secrets_app.redaction.outputs import pieces, redacted

pytestmark = pytest.mark.once

ORDINARY = [
    "true",
    "false",
    "null",
    "localhost",
    "postgres",
    "5432",
    "65535",
    "production",
    "password",
    "secret",
    "changeme",
    "admin",
    "disable",
    "require",
    "Authorization",
    "ConnectionPool",
    "us-east",
    "utf-8",
    "app.http",
    "application/json",
    "/var/lib/app",
    "db.example.org",
    "db1.example.org:5432",
    "me@example.org",
    "127.0.0.1",
    "10.0.0.12:6379",
    "2026-11-26",
    "20261126",
    "2026-11-26T19:06:12Z",
    "v2.31.0",
    "3.11.7",
    "12345678",
    "00000000",
    "--------",
    "********",
    "${DB_PASSWORD}",
    "<password>",
    "https://accounts.example.org/o/oauth2/auth",
    "arn:aws:iam::123456789012:role/app",
    "Zugriff",
    "größe",
    "données",
]
PRINTED = st.lists(
    st.sampled_from([*ORDINARY, "=", " ", "\n", "\n    ", "  \n", "\t", "{", '"', ": ", "://", "@", "_"]), max_size=40
)
TOKEN = "ghp_0123456789abcdefwxyz"


@given(st.lists(st.sampled_from(ORDINARY), min_size=5, max_size=5), PRINTED, st.data())
def test_ordinary_output_with_structured_values_stays(
    words: list[str], printed: list[str], data: st.DataObject
) -> None:
    user, password, host, name, more = words
    values = {
        "URL": f"db://{user}:{password}@{host}/{name}?password={more}&token={TOKEN}",
        "JSON": json.dumps(
            {"password": password, "a": {"token": more, "api_key": TOKEN}, "b": [user, host, True, 5432, None]}
        ),
        "ENV": f"HOST={host}\nexport PASSWORD={password}\nSECRET='{more}'\nAPI_KEY={TOKEN}\n",
        "CONN": f"Server={host};User={user};Password={password};Secret={more};Token={TOKEN}",
        "AUTH": f"Bearer {password}",
    }
    # What begins a whole value or is one of its lines is no ordinary output.
    output = " | ".join(["log:", *printed]).replace("=", "= ").encode()
    assert redacted(values, data.draw(pieces(output))) == output
    assert b"0123456789abcdef" not in Redactor(values).redact(output + TOKEN.encode())


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_are_no_parts(text: str) -> None:
    assert not is_secret(text)
    assert not is_random(text)


@pytest.mark.parametrize(
    "text",
    [
        "hunter2",
        "s3cr3t",
        "P@ssw0rd!",
        "xkqzjwvbtr",
        "correct-horse-battery-staple",
        "tok_12345678",
        "73829104",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "0b2f9d1c-7a6e-4c3b-9f0d-1e2f3a4b5c6d",
        TOKEN,
    ],
)
def test_what_may_be_a_password_is_a_part(text: str) -> None:
    assert is_secret(text)


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "DB_PASSWORD",
        "clientSecret",
        "apiKey",
        "APIKEY",
        "private_key",
        "secret_id",
        "aws_secret_access_key",
        "SharedAccessKey",
        "X-Amz-Signature",
        "authToken",
        "pwd",
        "sig",
        "_authToken",
        "dbPasswd",
    ],
)
def test_names_that_tell_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "name",
        "host",
        "port",
        "token_type",
        "token_uri",
        "key_file",
        "publicKey",
        "public_key",
        "SharedAccessKeyName",
        "secret_name",
        "keyVersion",
        "user",
        "123",
        "passwordMinLength",
    ],
)
def test_names_that_tell_of_no_secrets(name: str) -> None:
    assert not is_secret_name(name)


def test_a_part_that_is_another_secret_gets_its_own_reference() -> None:
    values = {"URL": f"db://app:{TOKEN}@localhost/", "TOKEN": TOKEN}
    assert TextRedactor(values).redact(f"{TOKEN} {values['URL']}") == "{{$TOKEN}} {{$URL}}"


@pytest.mark.parametrize(
    "value",
    [
        "a" * 10_000,
        "ab1" * 3_300,
        "a=" * 5_000,
        "://" * 3_300,
        "://a:" * 2_000 + "@",
        "[" * 10_000,
        '"' + "\\" * 9_999,
        "A:" * 5_000,
        "-----BEGIN PRIVATE KEY-----" * 300,
        "\n".join(["KEY=abc123xyz"] * 700),
        "Bearer " * 1_400,
        "a b" * 3_300,
        "=" * 10_000,
        "{" * 10_000,
        "'" * 10_000,
        "x" * 64 + "=" + "'a" * 4_000,
        json.dumps({"key": "A1b2C3d4" * 1_200}),
        "--a " * 2_500,
        '{"a":[' * 450 + "]}" * 450,
    ],
)
def test_a_crooked_value_takes_no_long_start(value: str) -> None:
    """A pattern that goes back would take minutes."""
    start = time.process_time()
    assert TextRedactor({"A": value}).redact(f"x{value.strip()}x") == "x{{$A}}x"
    assert time.process_time() - start < 3


def test_a_start_with_a_hundred_long_values_is_bounded() -> None:
    """The forms are made when a value is first seen: before, this took minutes for lines and two seconds for tokens."""
    lines = {f"LINES_{n}": "\n".join(f"{n:03d}{line:04d}+/abc" for line in range(700)) for n in range(10)}
    tokens = {f"TOKEN_{n}": f"{n:03d}" + "aB3/x+" * 1_600 for n in range(90)}
    start = time.process_time()
    redactor = TextRedactor(lines | tokens)
    assert time.process_time() - start < 3
    assert redactor.redact(f"0080699+/abc {tokens['TOKEN_7']}") == "{{$LINES_8}} {{$TOKEN_7}}"
