"""The subset of dotenv that python-dotenv and node's dotenv read alike.

There is no standard, and the two differ. python-dotenv decodes escapes in quotes and expands `${…}` everywhere. node's
decodes only `\\n` and `\\r`, in double quotes, and ends an unquoted value at any `#`. So each value is written in the
first of four forms in which both read it unchanged.
"""

from __future__ import annotations

import re

_EXPANDED = re.compile(r"\$\{[^}]*\}")

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
# A backslash is safe unless the next character makes it an escape for one of the two parsers.
_IN_SINGLE_QUOTES = re.compile(r"(?:[^'\\\r]|\\[^'\\\r])*")
_IN_DOUBLE_QUOTES = re.compile(r"""(?:[^"\\]|\\[^\\'"abfnrtv\r])*""")
# Both parsers strip blanks, so it begins and ends with a visible character. U+2028 and U+2029 end a line in JavaScript.
_UNQUOTED = re.compile(r"""(?!['"`#])[!-~](?:[^#\r\n\u2028\u2029]*[!-~])?(?<!#)""")


def variable(name: str, value: str) -> str | None:
    """Return the assignment, on several lines if the value has several; None if the value cannot be written."""
    written = _written(value)
    return None if written is None or _EXPANDED.search(value) else f"{name}={written}\n"


def _written(value: str) -> str | None:
    if _PLAIN.fullmatch(value):
        return value
    if _IN_SINGLE_QUOTES.fullmatch(value):
        return f"'{value}'"
    if _IN_DOUBLE_QUOTES.fullmatch(value):
        return '"' + value.replace("\r", "\\r") + '"'
    return value if _UNQUOTED.fullmatch(value) else None
