"""dotenv, in the words that python-dotenv and node's dotenv read alike.

There is no standard, and the two differ: python-dotenv undoes escapes in quotes and puts other variables in for `${…}`
everywhere; node's undoes `\\n` and `\\r` in double quotes alone, and ends unquoted values at any `#`. So each value is
written in the first of four ways in which both read it as it is.
"""

from __future__ import annotations

import re

_PUT_IN = re.compile(r"\$\{[^}]*\}")

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
# A backslash is itself where nothing follows that one of the two takes for an escape.
_IN_SINGLE_QUOTES = re.compile(r"(?:[^'\\\r]|\\[^'\\\r])*")
_IN_DOUBLE_QUOTES = re.compile(r"""(?:[^"\\]|\\[^\\'"abfnrtv\r])*""")
# Neither takes anything off at its ends; U+2028 and U+2029 end a line for JavaScript.
_UNQUOTED = re.compile(r"""(?!['"`#])[!-~](?:[^#\r\n\u2028\u2029]*[!-~])?(?<!#)""")


def variable(name: str, value: str) -> str | None:
    """A line, or several for a value in quotes; None where the value cannot be written."""
    written = _written(value)
    return None if written is None or _PUT_IN.search(value) else f"{name}={written}\n"


def _written(value: str) -> str | None:
    if _PLAIN.fullmatch(value):
        return value
    if _IN_SINGLE_QUOTES.fullmatch(value):
        return f"'{value}'"
    if _IN_DOUBLE_QUOTES.fullmatch(value):
        return '"' + value.replace("\r", "\\r") + '"'
    return value if _UNQUOTED.fullmatch(value) else None
