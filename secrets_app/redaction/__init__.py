"""Replaces the values of secrets in output by their references, `{{$NAME}}`. No Django inside.

Found are a value as it is and, where it has several lines, each of these; in base64 at any of the three offsets, in
both alphabets, padded or not; in hexadecimal digits of either case; and as URLs, JSON, HTML, shells and Python write
it. Line breaks and colours count for nothing, so that a value is found in the lines of 76 characters that `base64`
writes, too. All that takes part in a match is hidden: where values overlap, none shows its rest.

Not found are values shorter than `MIN_LENGTH` (see `is_maskable`), and whatever a program makes of a value besides:
compressed, encrypted, hashed, reversed, cut up by other text, in base32 or UTF-16, or encoded twice (but for JSON
in JSON). Of base64, a character at either end that shares at most four bits with the value may stay. Redaction is
for accidents: a process that holds a value can send it anywhere.
"""

from secrets_app.redaction.forms import MIN_LENGTH, is_maskable
from secrets_app.redaction.stream import Redactor, TextRedactor

__all__ = ["MIN_LENGTH", "Redactor", "TextRedactor", "is_maskable"]
