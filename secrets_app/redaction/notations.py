"""How URLs, JSON, HTML, shells and Python write a text down, in the variants of their common writers."""

from __future__ import annotations

import html as stdlib_html
import json as stdlib_json
import re
from collections.abc import Iterator
from urllib.parse import quote

# What is left unescaped besides letters, digits and "_.-~": by RFC 3986; by Python's `quote`; by `encodeURIComponent`;
# by forms; by `encodeURI`.
_LEFT_IN_URLS = ("", "/", "!'()*", "*", ";,/?:@&=+$#!'()*")
_PERCENT = re.compile(r"%[0-9A-F]{2}")

# What is escaped beyond need, so that JSON can stand in HTML: by Go, by Gson, by .NET.
_ESCAPED_IN_JSON = ("", "<>&", "<>&'=", "<>&'+`\"")
_BACKSLASH_U = re.compile(r"(?<!\\)((?:\\\\)*)\\u([0-9a-f]{4})")

_DOLLAR_QUOTED = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def url(text: str) -> Iterator[str]:
    """Percent-encoded; a blank also as `+`, hexadecimal digits in both cases; and with every byte encoded."""
    raw = text.encode("utf-8", "surrogatepass")
    for left in _LEFT_IN_URLS:
        quoted = quote(raw, safe=left)
        for variant in (quoted, quoted.replace("~", "%7E"), quoted.replace("%20", "+")):
            yield variant
            yield _PERCENT.sub(lambda found: found[0].lower(), variant)
        yield quoted.replace("~", "%7E").replace("%20", "+")
    yield "".join(f"%{byte:02X}" for byte in raw)
    yield "".join(f"%{byte:02x}" for byte in raw)


def json(text: str) -> Iterator[str]:
    """The inside of a JSON string, `\\u` where needed or wherever a writer likes it; and JSON once more inside JSON."""
    for ensure_ascii in (False, True):
        once = stdlib_json.dumps(text, ensure_ascii=ensure_ascii)[1:-1]
        yield stdlib_json.dumps(once, ensure_ascii=ensure_ascii)[1:-1]
        for also in _ESCAPED_IN_JSON:
            escaped = _with_escapes(once, also)
            for variant in (escaped, escaped.replace("/", "\\/")):
                yield variant
                yield _BACKSLASH_U.sub(lambda found: f"{found[1]}\\u{found[2].upper()}", variant)
    units = text.encode("utf-16-be", "surrogatepass").hex()
    every = [units[at : at + 4] for at in range(0, len(units), 4)]
    yield "".join(f"\\u{unit}" for unit in every)
    yield "".join(f"\\u{unit.upper()}" for unit in every)


def _with_escapes(written: str, also: str) -> str:
    if '"' in also:
        written = written.replace('\\"', "\\u0022")
    return "".join(f"\\u{ord(character):04x}" if character in also else character for character in written)


def html(text: str) -> Iterator[str]:
    escaped = stdlib_html.escape(text)
    yield from (stdlib_html.escape(text, quote=False), escaped, escaped.replace("&#x27;", "&#39;"))
    yield escaped.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


def shell(text: str) -> Iterator[str]:
    """In single quotes (two ways), in double quotes, with backslashes, as `$'…'` (two ways), unquoted after `echo`."""
    yield text.replace("'", "'\\''")
    yield text.replace("'", "'\"'\"'")
    yield re.sub(r'([\\"$`])', r"\\\1", text)
    yield re.sub(r"([\s!\"#$&'()*,;<>?[\\\]^`{|}])", r"\\\1", text)
    dollar_quoted = text.translate(_DOLLAR_QUOTED)
    yield dollar_quoted
    raw = dollar_quoted.encode("utf-8", "surrogatepass")
    yield "".join(chr(byte) if byte < 128 else f"\\{byte:03o}" for byte in raw)
    yield " ".join(text.split())


def python(text: str) -> Iterator[str]:
    """The inside of `repr`, `ascii`, and `repr` of the bytes."""
    yield repr(text)[1:-1]
    yield ascii(text)[1:-1]
    yield repr(text.encode("utf-8", "surrogatepass"))[2:-1]
