"""The table of what redaction finds, in docs/runtime.md: each row for any secret, in any pieces of output.

A row is a strategy of cases: a value, and what a program prints of it.
"""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import string
import textwrap
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.secrets_app.redaction.outputs import pieces, redacted

pytestmark = pytest.mark.once

PAGE = Path(__file__).resolve().parents[3] / "docs" / "runtime.md"
BEFORE = b"2026-11-26T19:06:12Z INFO app.http: GET /health 200, db=postgres host=localhost:5432 ssl=true\nthe output: "
AFTER = b" :the end\n\x1b[32mok\x1b[m 12 of 12\n  done at 19:06 _ [2/2]\n"

# Secrets of which no part is a word, and which no notation leaves as they are.
TOKENS = st.text(string.ascii_letters + string.digits, min_size=24, max_size=60).map("Zk7".__add__)
SECRETS = st.text(string.ascii_letters + string.digits + "%/+@:&=<'\"\\$é€ ", min_size=20, max_size=40).map(
    "Zk7{}4xQ".format
)
PASSWORDS = st.text(string.ascii_letters + string.digits + "%/+@:&=$é€", min_size=8, max_size=40).map("Zk7{}4xQ".format)
LATIN = st.text("abcäöü+/= ", min_size=8, max_size=30).map("Zk7é{}4xQ".format)
WORDS = st.lists(st.text(string.ascii_lowercase, min_size=3, max_size=9), min_size=5, max_size=12).map(" ".join)
WIDTHS = st.integers(7, 30)
INDENTS = st.sampled_from(["  ", "        ", "\t", "    "])


class Case(NamedTuple):
    """A value, and what is printed of it."""

    value: str
    printed: bytes
    left: int = 0
    """How many bytes of what is printed may be left."""
    encodings: tuple[str, ...] = ()


def written(
    write: Callable[[str], str], secrets: st.SearchStrategy[str] = SECRETS, left: int = 0
) -> st.SearchStrategy[Case]:
    return secrets.map(lambda secret: Case(secret, write(secret).encode(), left))


def part(
    template: str, write: Callable[[str], str] = str, secrets: st.SearchStrategy[str] = PASSWORDS
) -> st.SearchStrategy[Case]:
    """Return cases of a secret inside a value. The secret is printed by itself."""
    return secrets.map(lambda secret: Case(template.replace("SECRET", write(secret)), secret.encode()))


def any_of(*rows: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    return st.one_of(*rows)


@st.composite
def wrapped(draw: st.DrawFn, secrets: st.SearchStrategy[str], newline: str = "\n") -> Case:
    """Draw a value in lines of one width, with blanks at their ends or beginnings, as `textwrap` has it."""
    secret, indent, padding = draw(secrets), draw(INDENTS), draw(st.sampled_from(["", " ", "    "]))
    lines = textwrap.wrap(secret, draw(WIDTHS))
    return Case(secret, f"{padding}{newline}{indent}".join(lines).encode())


def interrupted(by: Callable[[str], str]) -> st.SearchStrategy[Case]:
    """Return cases with something between, before or after characters."""
    tokens = st.text("abc123_é€", min_size=12, max_size=24).map("Zk7{}4xQ".format)
    return tokens.map(lambda token: Case(token, "".join(map(by, token)).encode(), left=8))


def sometimes(sequences: list[str]) -> st.SearchStrategy[Case]:
    """Return cases with a sequence after each third character."""
    return st.builds(
        lambda token, inserted: Case(
            token, inserted.join(textwrap.wrap(token, 3)).encode(), left=len("\x1b[m\x1b]8;;\x1b\\")
        ),
        TOKENS,
        st.sampled_from(sequences),
    )


def dollar(text: str) -> str:
    return "".join({"'": "\\'", "\\": "\\\\"}.get(character, character) for character in text)


def base64_after(before: int) -> Callable[[str], str]:
    """Return what writes a text in base64 behind some bytes and before another."""
    return lambda text: base64.b64encode(b"x" * before + text.encode() + b"y").decode()


def digits(separator: str, case: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: case(separator.join(f"{byte:02x}" for byte in text.encode()))


def armoured(token: str) -> str:
    return "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *textwrap.wrap(token, 16), "-----END RSA PRIVATE KEY-----"])


SEPARATORS = ("", ":", " ", "-")
JSON_NAMES = st.sampled_from(["password", "clientSecret", "API_TOKEN", "private_key", "secret_id", "passwd"])

ROWS: dict[str, st.SearchStrategy[Case]] = {
    "as it is": written(str),
    "line breaks": st.builds(
        lambda token, width: Case(token, "\r\n".join(textwrap.wrap(token, width)).encode()), TOKENS, WIDTHS
    ),
    "wrapped lines": any_of(
        wrapped(TOKENS), wrapped(TOKENS, "\r\n"), wrapped(WORDS), written(lambda text: text.replace(" ", "\n"), WORDS)
    ),
    "single lines": st.lists(TOKENS, min_size=2, max_size=4).map(
        lambda lines: Case("\n".join(lines), lines[1].encode())
    ),
    "NULs": any_of(written(lambda token: token.encode("utf-16-le").decode(), TOKENS, 1), interrupted("\0{}\0".format)),
    "backspaces": interrupted("{}\b".format),
    "overstrikes": any_of(
        interrupted("{0}\b{0}".format),
        interrupted("_\b{}".format),
        interrupted("{}\b_".format),
        interrupted("_\b{0}\b{0}".format),
    ),
    "colours": sometimes(["\x1b[01;31m\x1b[K", "\x1b[m", "\x1b(B\x1b[m", "\x1b[38;2;1;2;3m"]),
    "links and titles": sometimes(["\x1b]8;;https://example.org/?a=1\x1b\\", "\x1b]0;a title\a", "\x1b]8;;\a"]),
    "base64": any_of(
        *(written(base64_after(before), SECRETS, 9) for before in range(3)),
        written(lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="), SECRETS),
        written(lambda text: base64.encodebytes(text.encode()).decode().rstrip(), SECRETS),
    ),
    "hexadecimal": any_of(
        *(written(digits(separator, case)) for separator in SEPARATORS for case in (str.lower, str.upper)),
        written(lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode())),
        # OpenSSL writes fifteen bytes in a line.
        written(lambda text: "\n    ".join(textwrap.wrap(text.encode().hex(":"), 45))),
        # `xxd -p` writes thirty.
        written(lambda text: "\n".join(textwrap.wrap(text.encode().hex(), 60))),
        # `od -An -tx1` writes sixteen.
        written(lambda text: "\n ".join(textwrap.wrap(text.encode().hex(" "), 47))),
    ),
    "URLs and forms": any_of(
        written(urllib.parse.quote),
        written(urllib.parse.quote_plus),
        written(lambda text: urllib.parse.quote(text, safe="")),
        written(lambda text: "".join(f"%{byte:02X}" for byte in text.encode())),
    ),
    "JSON": any_of(
        written(lambda text: json.dumps(text)[1:-1]),
        written(lambda text: json.dumps(text, ensure_ascii=False)[1:-1]),
        written(lambda text: json.dumps(json.dumps(text))[3:-3]),
        written(lambda text: json.dumps(text)[1:-1].replace("/", "\\/")),
    ),
    "HTML": any_of(written(html.escape), written(lambda text: html.escape(text, quote=False))),
    "shells": any_of(written(lambda text: shlex.quote(text).removeprefix("'").removesuffix("'")), written(dollar)),
    "Python": any_of(
        written(lambda text: repr(text)[1:-1]),
        written(lambda text: ascii(text)[1:-1]),
        written(lambda text: repr(text.encode())[2:-1]),
    ),
    "other encodings": any_of(
        LATIN.map(lambda text: Case(text, text.encode("latin-1"), encodings=("latin-1",))),
        LATIN.map(lambda text: Case(text, base64.b64encode(text.encode("cp1252")), encodings=("cp1252",))),
        LATIN.map(lambda text: Case(text, text.encode("utf-16-le").hex().encode(), encodings=("utf-16-le",))),
    ),
    "passwords of URLs": any_of(
        part("postgres://app:SECRET@db.example.org:5432/app", lambda text: urllib.parse.quote(text, safe="")),
        part("amqps://SECRET@mq.example.org", lambda text: f"u:{urllib.parse.quote(text, safe='')}"),
        part("redis://:SECRET@localhost:6379/0", secrets=TOKENS),
        part("https://SECRET@git.example.org/a.git", secrets=TOKENS.map("Zk7a1b2c3d4e5f6g".__add__)),
        PASSWORDS.map(
            lambda text: Case(
                f"db://app:{urllib.parse.quote(text, safe='')}@h", base64.b64encode(f"app:{text}".encode())
            )
        ),
    ),
    "JSON members": any_of(
        st.builds(
            lambda name, text: Case(json.dumps({"on": True, "a": [{name: text}]}), text.encode()), JSON_NAMES, PASSWORDS
        ),
        st.builds(
            lambda name, text: Case(json.dumps({"a": json.dumps([{name: text}])}, indent=2), text.encode()),
            JSON_NAMES,
            PASSWORDS,
        ),
        st.builds(
            lambda name, text: Case(json.dumps({"env": [{"name": name, "value": text}]}), text.encode()),
            JSON_NAMES,
            PASSWORDS,
        ),
        TOKENS.map(
            lambda text: Case(json.dumps({"anything": f"{text}1a2b3c4d5e6f7"}), f"{text}1a2b3c4d5e6f7".encode())
        ),
    ),
    "authorization": any_of(
        part("Bearer SECRET", secrets=TOKENS),
        part("Authorization: Bearer SECRET", secrets=TOKENS),
        part("token SECRET", secrets=TOKENS),
        PASSWORDS.map(lambda text: Case(f"Basic {base64.b64encode(f'app:{text}'.encode()).decode()}", text.encode())),
        PASSWORDS.map(
            lambda text: Case(
                f"Basic {base64.b64encode(f'app:{text}'.encode()).decode()}", base64.b64encode(f"app:{text}".encode())
            )
        ),
    ),
    "assignments": any_of(
        part("HOST=localhost\nexport DB_PASSWORD=SECRET\nDEBUG=true\n"),
        part('A=1\nexport API_KEY="SECRET"\n'),
        part("A=1\nAPI_KEY='SECRET'\nB=2\n"),
        part("users:\n- name: me\n  user:\n    token: SECRET\n", secrets=TOKENS),
        part("//registry.example.org/:_authToken=SECRET", secrets=TOKENS),
        part("machine example.org login me password SECRET"),
        part("client --user me --password SECRET"),
        part("https://example.org/c?sv=1&sig=SECRET&se=2", lambda text: urllib.parse.quote(text, safe="")),
    ),
    "connection strings": any_of(
        part("Server=tcp:db.example.org,1433;Database=app;User ID=sa;Password=SECRET;Encrypt=true", secrets=TOKENS),
        part("Server=db;Pwd={SECRET};Encrypt=yes"),
        part("host=localhost port=5432 user=postgres password='SECRET'"),
        part(
            "DefaultEndpointsProtocol=https;AccountName=app;AccountKey=SECRET;EndpointSuffix=example.org",
            secrets=TOKENS,
        ),
    ),
    "private keys": any_of(
        TOKENS.map(lambda token: Case(json.dumps({"private_key": armoured(token)}), token.encode())),
        TOKENS.map(lambda token: Case(armoured(token).replace("\n", "\\n"), textwrap.wrap(token, 16)[0].encode())),
        TOKENS.map(lambda token: Case(armoured(token), token.encode())),
        TOKENS.map(lambda token: Case(f"KEY='{armoured(token)}'", textwrap.wrap(token, 16)[0].encode())),
    ),
    "decoded base64": PASSWORDS.map(
        lambda text: Case(base64.b64encode(json.dumps({"password": text}).encode()).decode(), text.encode())
    ),
}


@pytest.mark.parametrize("row", ROWS)
@given(st.data())
def test_each_row_is_found_in_any_pieces(row: str, data: st.DataObject) -> None:
    case = data.draw(ROWS[row])
    output = BEFORE + case.printed + AFTER
    result = redacted({"A": case.value}, data.draw(pieces(output)), case.encodings)
    assert result.startswith(BEFORE)
    assert result.endswith(AFTER)
    found = result[len(BEFORE) : -len(AFTER)]
    assert b"{{$A}}" in found
    assert len(re.sub(rb"\{\{\$A\}\}|[\r\n]", b"", found)) <= case.left


def test_the_table_has_the_rows_that_are_tested() -> None:
    table = PAGE.read_text().split("**What it finds:**")[1].split("\n\n")[1]
    rows = [line.split("|")[1].strip() for line in table.splitlines()[2:]]
    assert rows == list(ROWS)
