"""Serializer fields that accept one JSON type each and convert nothing. Messages never quote the input."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, RegexValidator
from rest_framework import serializers

from neo_base.rest.documentation import extend_schema_field
from neo_base.rest.parsers import FORBIDDEN_CHARACTERS

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


# `\Z` and not `$`: in Python `$` also matches before a final newline.
ANY_TEXT = RegexValidator(r"^[^\x00]*\Z", "Must not contain NUL.")
ONE_LINE = RegexValidator(r"^[^\x00-\x1f\x7f-\x9f]*\Z", "Must not contain line breaks or other control characters.")


class TextField(serializers.CharField):
    """A JSON string, exactly as sent: never trimmed, never made from a number."""

    default_error_messages = {
        "invalid": "Must be a string.",
        "characters": "Must not contain NUL or a lone surrogate.",
    }

    def __init__(self, *, form: RegexValidator = ANY_TEXT, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)
        self.validators.append(form)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        # The parser refuses these in a body already; a value from Python has not passed through a parser.
        if FORBIDDEN_CHARACTERS.search(data):
            self.fail("characters")
        return data


class EmailField(TextField):
    """An e-mail address in its common form: ASCII, without quoted parts, comments or display name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, form=ONE_LINE, **kwargs)
        self.validators.append(_plain_address)


def _plain_address(text: str) -> None:
    # Django's pattern also accepts quoted parts, and a few letters beyond ASCII whose other case is an ASCII letter.
    if not text.isascii() or '"' in text:
        raise ValidationError(EmailValidator.message)
    EmailValidator()(text)


class BooleanField(serializers.BooleanField):
    """JSON `true` or `false`; not "yes", 1 or "true"."""

    default_error_messages = {"invalid": "Must be true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class UUIDField(serializers.Field[uuid.UUID, Any, str, Any]):
    """A UUID in its canonical form, 8-4-4-4-12; upper case is accepted, braces, URNs and bare hex are not."""

    default_error_messages = {"invalid": "Must be a UUID in the form 8-4-4-4-12."}

    def to_internal_value(self, data: Any) -> uuid.UUID:
        if not isinstance(data, str) or not _UUID.fullmatch(data):
            self.fail("invalid")
        return uuid.UUID(data)

    def to_representation(self, value: uuid.UUID) -> str:
        return str(value)


class DateTimeField(serializers.Field[datetime, Any, str, Any]):
    """A point in time: an RFC 3339 date-time with an offset as input, UTC ending in `Z` as output."""

    default_error_messages = {"invalid": "Must be an RFC 3339 date-time with an offset, such as 2030-01-31T12:00:00Z."}

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or not _RFC3339.fullmatch(data):
            self.fail("invalid")
        try:
            return datetime.fromisoformat(data.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("invalid")

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def in_utc(at: datetime | None) -> datetime | None:
    """Return the moment as `JSONRenderer` needs it to write what `DateTimeField` writes."""
    return at if at is None or at.tzinfo is UTC else at.astimezone(UTC)


class ChoiceField(serializers.ChoiceField):
    """One of a few strings. The message lists the choices; DRF's would quote the input."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            raise serializers.ValidationError(f"Must be one of: {', '.join(map(str, self.choices))}.")
        return data


class ListField(serializers.ListField):
    """A JSON array. Its length is checked before its items, so that a far too long one costs one message."""

    default_error_messages = {
        "not_a_list": "Must be an array.",
        "max_length": "Must hold at most {max_length} items.",
    }

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        items: list[Any] = super().to_internal_value(data)
        return items


class IntegerField(serializers.IntegerField):
    """A whole number as JSON Schema defines it: 1.0 is one; "1" and true are not."""

    default_error_messages = {"invalid": "Must be a whole number."}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float) or data % 1:
            self.fail("invalid")
        return int(data)


class QueryIntegerField(serializers.IntegerField):
    """A whole number in a query string, in plain decimal digits."""

    default_error_messages = {"invalid": "Must be a whole number."}

    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", data):
            self.fail("invalid")
        return int(data)


extend_schema_field({"type": "string", "format": "uuid"})(UUIDField)
# Django's pattern wants a top-level domain of two characters or more.
extend_schema_field({"type": "string", "format": "email", "maxLength": 254, "pattern": r"\.[^.]{2,}$"})(EmailField)
extend_schema_field({"type": "string", "format": "date-time"})(DateTimeField)
