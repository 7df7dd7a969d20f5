"""Base serializers: closed objects in, list envelopes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.settings import api_settings

from neo_base.rest.fields import QueryIntegerField

MAX_OFFSET = 2**31 - 1


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses members that it does not declare, server-owned ones included.

    The unknown names themselves are not repeated in the message: a client that mixes up name and value would
    find its secret echoed.
    """

    default_error_messages = {"invalid": "Must be a JSON object."}

    def __repr__(self) -> str:
        """Without what the client sent, which DRF shows and a collector of errors would send on."""
        return f"<{type(self).__name__}>"

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            self.fail("invalid")
        writable = [name for name, field in self.fields.items() if not field.read_only]
        if any(key not in writable for key in data):
            unknown = f"Unknown name. Allowed: {', '.join(writable) or 'none'}."
            raise serializers.ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [unknown]})
        validated: dict[str, Any] = super().to_internal_value(data)
        return validated


class EmptySerializer(StrictSerializer):
    """A query without parameters, or a body without members."""


class PageQuery(StrictSerializer):
    """The part of a list to answer."""

    limit = QueryIntegerField(default=100, min_value=1, max_value=500, help_text="At most this many results.")
    offset = QueryIntegerField(default=0, min_value=0, max_value=MAX_OFFSET, help_text="Skip this many results.")


class Page(serializers.Serializer[Any]):
    """The envelope of every list; subclasses declare `results`."""

    count = serializers.IntegerField(min_value=0, help_text="How many there are in all.")
    next = serializers.URLField(allow_null=True, help_text="The next page, null on the last.")
    previous = serializers.URLField(allow_null=True, help_text="The page before, null on the first.")
