"""Redaction of output: values of secrets are replaced by their references, `{{$NAME}}`. This package has no Django.

It finds a value as it is and in base64, in hexadecimal digits, and in the notations of URLs, JSON, HTML, shells and
Python. It finds each line of a value with several lines, and the secret parts of a structured value, such as the
password of a URL. Line breaks, indentation, NULs, backspaces and escape sequences are ignored. Where values overlap,
all of them are hidden completely. The table in docs/runtime.md lists each of this, and its tests.

It does not find values shorter than `MIN_LENGTH` (see `is_maskable`), parts that are ordinary words, nor values that a
program compresses, encrypts, hashes, reverses, interrupts with other text, writes in base32, or encodes twice (except
JSON in JSON). In base64, a character at either end that shares at most four bits with the value may remain. Redaction
protects against accidents: a process that holds a value can send it anywhere.
"""

from secrets_app.redaction.forms import MIN_LENGTH, is_maskable
from secrets_app.redaction.stream import Redactor, TextRedactor

__all__ = ["MIN_LENGTH", "Redactor", "TextRedactor", "is_maskable"]
