"""Redaction of output: values of secrets are replaced by their references, `{{$NAME}}`. This package has no Django.

It finds a value in each of these forms, and each line of a value with several lines, too:

- as it is
- in base64, at any of the three offsets, in both alphabets, padded or not
- in hexadecimal digits, upper or lower case
- in the notations of URLs, JSON, HTML, shells and Python

Line breaks and colours are ignored, so that it also finds a value in the 76-character lines that `base64` writes. Where
values overlap, all of them are hidden completely.

It does not find values shorter than `MIN_LENGTH` (see `is_maskable`), nor values that a program compresses, encrypts,
hashes, reverses, interrupts with other text, writes in base32 or UTF-16, or encodes twice (except JSON in JSON). In
base64, a character at either end that shares at most four bits with the value may remain. Redaction protects against
accidents: a process that holds a value can send it anywhere.
"""

from secrets_app.redaction.forms import MIN_LENGTH, is_maskable
from secrets_app.redaction.stream import Redactor, TextRedactor

__all__ = ["MIN_LENGTH", "Redactor", "TextRedactor", "is_maskable"]
