"""The notations of a text in URLs, JSON, HTML, shells and Python, in the variants that common software writes.

Each notation writes every character by itself, so that the beginning of a text is written as the beginning of a form.
"""

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
_ESCAPED_IN_JSON = tuple(
    {ord(character): f"\\u{ord(character):04x}" for character in characters}
    for characters in ("", "<>&", "<>&'=", "<>&'+`\"")
)
_BACKSLASH_U = re.compile(r"(?<!\\)((?:\\\\)*)\\u([0-9a-f]{4})")

_DOLLAR_QUOTED = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})

# No notation escapes these, except those that escape everything.
_PLAIN_EVERYWHERE = re.compile(r"[A-Za-z0-9_.-]*")


def notations(text: str) -> Iterator[str]:
    """Yield `text` in all notations. They may repeat, and may be the text itself."""
    yield from _every_character(text)
    if not _PLAIN_EVERYWHERE.fullmatch(text):
        for notation in (_url, _json, _html, _shell, _python):
            yield from notation(text)


def _every_character(text: str) -> Iterator[str]:
    """Yield `text` with every byte as `%xx`, and with every UTF-16 unit as `\\uxxxx`."""
    escaped = text.encode("utf-8", "surrogatepass").hex("%")
    units = text.encode("utf-16-be", "surrogatepass").hex("u", 2)
    for bytes_, words in ((escaped, units), (escaped.upper(), units.upper().replace("U", "u"))):
        yield f"%{bytes_}"
        yield f"\\u{words}".replace("u", "\\u").removeprefix("\\")


def _url(text: str) -> Iterator[str]:
    """Yield the percent-encodings: a blank as `%20` or `+`, digits in both cases."""
    raw = text.encode("utf-8", "surrogatepass")
    for left in _LEFT_IN_URLS:
        quoted = quote(raw, safe=left)
        for variant in (quoted, quoted.replace("~", "%7E"), quoted.replace("%20", "+")):
            yield variant
            yield _PERCENT.sub(lambda found: found[0].lower(), variant)
        yield quoted.replace("~", "%7E").replace("%20", "+")


def _json(text: str) -> Iterator[str]:
    """Yield the inside of a JSON string, with `\\u` escapes as various software writes them; also as JSON in JSON."""
    for ensure_ascii in (False, True):
        once = stdlib_json.dumps(text, ensure_ascii=ensure_ascii)[1:-1]
        yield stdlib_json.dumps(once, ensure_ascii=ensure_ascii)[1:-1]
        for also in _ESCAPED_IN_JSON:
            escaped = (once.replace('\\"', "\\u0022") if ord('"') in also else once).translate(also)
            for variant in (escaped, escaped.replace("/", "\\/")):
                yield variant
                yield _BACKSLASH_U.sub(lambda found: f"{found[1]}\\u{found[2].upper()}", variant)


def _html(text: str) -> Iterator[str]:
    """Yield the text escaped for HTML, with quotes as they are, in hexadecimal and in decimal entities."""
    escaped = stdlib_html.escape(text)
    yield from (stdlib_html.escape(text, quote=False), escaped, escaped.replace("&#x27;", "&#39;"))
    yield escaped.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


def _shell(text: str) -> Iterator[str]:
    """Yield the text as it stands in single quotes (two ways), in double quotes, after backslashes, and in `$'…'`."""
    yield text.replace("'", "'\\''")
    yield text.replace("'", "'\"'\"'")
    yield re.sub(r'([\\"$`])', r"\\\1", text)
    yield re.sub(r"([\s!\"#$&'()*,;<>?[\\\]^`{|}])", r"\\\1", text)
    dollar_quoted = text.translate(_DOLLAR_QUOTED)
    yield dollar_quoted
    raw = dollar_quoted.encode("utf-8", "surrogatepass")
    yield "".join(chr(byte) if byte < 128 else f"\\{byte:03o}" for byte in raw)


def _python(text: str) -> Iterator[str]:
    """Yield the insides of `repr` and `ascii` of the text, and of `repr` of its bytes, in either kind of quotes."""
    raw = text.encode("utf-8", "surrogatepass")
    # A quote of each kind in front makes `repr` choose single quotes, which it escapes inside. Without double quotes
    # inside, it chooses those for a text with a single quote, and escapes neither.
    for before in ("'\"", "'"):
        yield repr(before + text)[1:-1].removeprefix("\\").removeprefix(before)
        yield ascii(before + text)[1:-1].removeprefix("\\").removeprefix(before)
        yield repr(before.encode() + raw)[2:-1].removeprefix("\\").removeprefix(before)
