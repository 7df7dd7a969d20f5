"""The notations of a text in URLs, JSON, HTML, shells and Python, in the variants that common software writes."""

from __future__ import annotations

import html as stdlib_html
import json as stdlib_json
import re
from collections.abc import Iterator
from urllib.parse import quote

# The characters that are not escaped, besides letters, digits and "_.-~": in RFC 3986, in Python's `quote`, in
# JavaScript's `encodeURIComponent`, in forms, and in JavaScript's `encodeURI`.
_LEFT_IN_URLS = ("", "/", "!'()*", "*", ";,/?:@&=+$#!'()*")
_PERCENT = re.compile(r"%[0-9A-F]{2}")

# The characters that are escaped without need, so that JSON can be embedded in HTML: by Go, by Gson, by .NET.
_ESCAPED_IN_JSON = ("", "<>&", "<>&'=", "<>&'+`\"")
_BACKSLASH_U = re.compile(r"(?<!\\)((?:\\\\)*)\\u([0-9a-f]{4})")

_DOLLAR_QUOTED = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def url(text: str) -> Iterator[str]:
    """Yield the percent-encodings: a blank as `%20` or `+`, digits in both cases; and one with every byte encoded."""
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
    """Yield the inside of a JSON string, with `\\u` escapes as various software writes them; also as JSON in JSON."""
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
    """Yield the text escaped for HTML, with quotes as they are, in hexadecimal and in decimal entities."""
    escaped = stdlib_html.escape(text)
    yield from (stdlib_html.escape(text, quote=False), escaped, escaped.replace("&#x27;", "&#39;"))
    yield escaped.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


def shell(text: str) -> Iterator[str]:
    """Yield the text as it stands in single quotes (two ways), in double quotes, after backslashes, and in `$'…'`.

    The last one is what `echo` prints of an unquoted variable: words with single blanks between them.
    """
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
    """Yield the insides of `repr` and `ascii` of the text, and of `repr` of its bytes."""
    yield repr(text)[1:-1]
    yield ascii(text)[1:-1]
    yield repr(text.encode("utf-8", "surrogatepass"))[2:-1]
