"""The forms in which real programs write a value. Each is made with such a program or library."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import shlex
import subprocess
import textwrap
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from secrets_app.redaction import MIN_LENGTH, Redactor, TextRedactor, is_maskable
from tests.secrets_app.redaction.outputs import ANY, CROWDED

TOKEN = "ghp_0123456789abcdefwxyz"
PASSWORD = """p"a's\\s w/o=r+d&<>`$é🔑~;"""
KEY = f"-----BEGIN PRIVATE KEY-----\n{'MIIEvQ+/' * 8}\n{'AoIBAQDx' * 8}\nc29tZSBy\n-----END PRIVATE KEY-----\n"
VALUES = {"TOKEN": TOKEN, "PASSWORD": PASSWORD, "KEY": KEY}

Write = Callable[[str], str]


def lower_escapes(written: str) -> str:
    return "%".join(part[:2].lower() + part[2:] if number else part for number, part in enumerate(written.split("%")))


def upper_escapes(written: str) -> str:
    """Write the escapes of ASCII JSON in upper case. A doubled backslash is an escape of its own."""
    return re.sub(r"\\\\|\\u(....)", lambda found: found[0] if not found[1] else f"\\u{found[1].upper()}", written)


WRITERS: dict[str, Write] = {
    "plain": str,
    "hex": lambda value: value.encode().hex(),
    "hex_upper": lambda value: value.encode().hex().upper(),
    "xxd": lambda value: "\n".join(textwrap.wrap(value.encode().hex(), 60)),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64_unpadded": lambda value: base64.b64encode(value.encode()).decode().rstrip("="),
    "base64_url": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "base64_url_unpadded": lambda value: base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
    "base64_of_echo": lambda value: base64.b64encode(value.encode() + b"\n").decode(),
    "base64_lines_of_76": lambda value: base64.encodebytes(value.encode()).decode().rstrip("\n"),
    "base64_lines_of_64": lambda value: "\r\n".join(textwrap.wrap(base64.b64encode(value.encode()).decode(), 64)),
    "uri": lambda value: urllib.parse.quote(value, safe=""),
    "uri_lower": lambda value: lower_escapes(urllib.parse.quote(value, safe="")),
    "uri_path": urllib.parse.quote,
    "uri_component": lambda value: urllib.parse.quote(value, safe="!'()*"),
    "form": urllib.parse.quote_plus,
    "form_lower": lambda value: lower_escapes(urllib.parse.quote_plus(value)),
    "every_byte_percent": lambda value: "".join(f"%{byte:02X}" for byte in value.encode()),
    "json": lambda value: json.dumps(value)[1:-1],
    "json_upper": lambda value: upper_escapes(json.dumps(value)[1:-1]),
    "json_unicode": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "json_slash": lambda value: json.dumps(value)[1:-1].replace("/", "\\/"),
    "json_for_html": lambda value: json.dumps(value)[1:-1]
    .replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
    "json_in_json": lambda value: json.dumps(json.dumps({"key": value}))[13:-4],
    "every_character_u": lambda value: value.encode("utf-16-be").hex("u", 2).replace("u", "\\u").join(["\\u", ""]),
    "html": html.escape,
    "html_text": lambda value: html.escape(value, quote=False),
    "shell": lambda value: shlex.quote(value).removeprefix("'").removesuffix("'"),
    "repr": lambda value: repr(value)[1:-1],
    "ascii": lambda value: ascii(value)[1:-1],
    "repr_of_bytes": lambda value: repr(value.encode())[2:-1],
    "crlf": lambda value: value.replace("\n", "\r\n"),
    "one_line": lambda value: " ".join(value.split()),
}  # fmt: skip


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("name", VALUES)
def test_a_value_in_each_form_becomes_its_reference(name: str, writer: str) -> None:
    written = WRITERS[writer](VALUES[name].strip())
    output = TextRedactor(VALUES).redact(f"before: {written} :after")
    assert output.removeprefix("before: ").removesuffix(" :after") in expected(name, writer)


def expected(name: str, writer: str) -> set[str]:
    """Return the expected output: one reference, or one for each line of a key, whose armour is not secret."""
    reference = "{{$" + name + "}}"
    lines = " ".join(["-----BEGIN PRIVATE KEY-----", *[reference] * 3, "-----END PRIVATE KEY-----"])
    return {reference, lines} if (name, writer) == ("KEY", "one_line") else {reference}


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes])
@settings(max_examples=25)  # in each of 48 cases
@given(value=st.text(min_size=6, max_size=60).filter(is_maskable))
def test_base64_may_leave_one_character_at_either_end(
    before: int, after: int, encode: Callable[[bytes], bytes], value: str
) -> None:
    value = "".join(value.split()) + "minimum"
    encoded = encode(b"\xff" * before + value.encode() + b"\xff" * after)
    left = Redactor({"A": value}).redact(encoded)
    assert left.count(b"{{$A}}") == 1
    # Four characters are three bytes. Of each neighbour, its own characters and one shared one remain.
    assert len(left) - len(b"{{$A}}") - left.count(b"\n") <= -(-before * 4 // 3) + -(-after * 4 // 3) + 4


@example(value="000  0")
@given(value=(ANY | CROWDED).filter(is_maskable))
def test_any_value_is_found_in_any_form(value: str) -> None:
    redactor = TextRedactor({"A": value})
    # Six characters with two blanks in a row have five on one line, which is too short.
    for written in filter(is_maskable, {write(value.strip()) for write in WRITERS.values()}):
        left = redactor.redact(f"({written})")
        assert "{{$A}}" in left
        assert value.strip() not in left
        assert written not in left


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
@pytest.mark.parametrize("command", [
    'printf "%q" "$V"', 'printf "%s" "${V@Q}"', "declare -p V", "export -p", "set", "env", "echo $V", 'set -x; : "$V"',
    'printf "%s" "$V" | base64', 'echo "$V" | base64 -w 0', 'printf "%s" "$V" | od -An -v -tx1 | tr -d " \n"',
])  # fmt: skip
@pytest.mark.parametrize("name", ["TOKEN", "PASSWORD"])
def test_a_value_quoted_by_bash_is_found(name: str, command: str, locale: str) -> None:
    environment = {"V": VALUES[name], "PATH": "/usr/bin:/bin", "LC_ALL": locale}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, check=True)
    left = Redactor(VALUES).redact(done.stdout + done.stderr)
    assert b"{{$%b}}" % name.encode() in left
    assert [
        part for part in (b"0123456789", b"w/o=r", base64.b64encode(b"o=r+d&"), b"o=r+d".hex().encode()) if part in left
    ] == []


def test_each_line_of_a_value_is_found() -> None:
    lines = KEY.splitlines()
    output = "".join(f"web-1  | {line}\r\n" for line in reversed(lines))
    left = TextRedactor(VALUES).redact(output)
    assert left.count("{{$KEY}}") == 3
    assert [line for line in lines[1:-1] if line in left] == []


def test_a_value_with_colours_inside_is_found_and_colours_end() -> None:
    output = b"\x1b[01;31m\x1b[Kghp_\x1b[m\x1b[K0123456789abcdefwxyz\n\x1b[32mok\x1b[m\n"
    assert Redactor(VALUES).redact(output) == b"\x1b[01;31m\x1b[K{{$TOKEN}}\x1b[m\n\x1b[32mok\x1b[m\n"


@pytest.mark.parametrize(
    ("value", "maskable"),
    [
        ("123456", True), ("12345", False), ("", False), (" 12345 ", False), ("12345\n", False),
        ("\n1\n2\n3\n4\n5\n6", True),
        ("      ", False), ("a    b", True), ("éééééé", True), ("🔑🔑🔑🔑🔑", False), ("\u3000" * 6, False),
    ],
)  # fmt: skip
def test_is_maskable_ignores_line_breaks_and_outer_blanks(value: str, maskable: bool) -> None:
    assert MIN_LENGTH == 6
    assert is_maskable(value) is maskable
    assert ("{{$A}}" in TextRedactor({"A": value}).redact(f"x{value}x")) is maskable


@pytest.mark.parametrize(
    "spoiled", [TOKEN[::-1], TOKEN.upper(), "-".join(TOKEN), binascii.b2a_uu(TOKEN.encode()).decode()]
)
def test_the_documented_exceptions_are_not_found(spoiled: str) -> None:
    assert TextRedactor(VALUES).redact(spoiled) == spoiled


@pytest.mark.parametrize(("encoding", "value"), [("iso8859-1", "grüße-Tok-42x"), ("euc_jp", "日本語のトークン")])
def test_a_value_in_another_encoding_is_found_where_it_is_listed(encoding: str, value: str) -> None:
    plain = value.encode(encoding)
    redactor = Redactor({"TOKEN": value, "OTHER": "ascii-value"}, encodings=["ascii", "no such encoding", encoding])
    for form in (plain, base64.b64encode(plain), plain.hex().encode(), value.encode()):
        assert redactor.redact(b"<" + form + b">") == b"<{{$TOKEN}}>"
    assert Redactor({"TOKEN": value}).redact(plain) == plain
