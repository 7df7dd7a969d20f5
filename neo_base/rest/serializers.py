"""Base serializers: input objects without unknown members, and the envelopes of lists."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from itertools import islice
from typing import Any

from rest_framework import serializers
from rest_framework.settings import api_settings

from neo_base.rest.fields import QueryIntegerField

MAX_OFFSET = 2**31 - 1
# Longer than any name of a member. What a client sends may be long, and comparing costs its square.
MAX_COMPARED = 64
MAX_NAMED = 5


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses members that it does not declare, and members that only the server sets.

    The message says which by its place, and which name may have been meant. It does not repeat unknown names: if a
    client mixes up name and value, its secret must not be echoed.
    """

    default_error_messages = {"invalid": "Must be a JSON object."}

    @classmethod
    def validated(cls, data: Any) -> dict[str, Any]:
        """Return `data`, validated. Raises ValidationError.

        One instance serves all requests, since to make its fields costs more than to use them. So a field keeps nothing
        of what it validates.
        """
        return dict(_shared(cls).run_validation(data))

    def __repr__(self) -> str:
        """Omit the client's input, which DRF would show and an error collector would send on."""
        return f"<{type(self).__name__}>"

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            self.fail("invalid")
        writable = [name for name, field in self.fields.items() if not field.read_only]
        unknown = ((place, key) for place, key in enumerate(data, 1) if key not in writable)
        # Only a few are looked at: a body has room for a hundred thousand.
        if named := [_unknown(place, key, writable) for place, key in islice(unknown, MAX_NAMED)]:
            told = f"Unknown name. Allowed: {', '.join(writable) or 'none'}. Not allowed: {', '.join(named)}."
            raise serializers.ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [told]})
        validated: dict[str, Any] = super().to_internal_value(data)
        return validated


def _unknown(place: int, name: Any, allowed: list[str]) -> str:
    """Return how a message names an unknown member without repeating it."""
    meant = get_close_matches(str(name)[:MAX_COMPARED].lower(), allowed, n=1, cutoff=0.75)
    return f"number {place} (did you mean {meant[0]}?)" if meant else f"number {place}"


@cache
def _shared(serializer: type[StrictSerializer]) -> StrictSerializer:
    return serializer()


class EmptySerializer(StrictSerializer):
    """A query without parameters, or a body without members."""


class PageQuery(StrictSerializer):
    """The query parameters that select a page of a list."""

    limit = QueryIntegerField(default=100, min_value=1, max_value=500, help_text="The maximum number of results.")
    offset = QueryIntegerField(default=0, min_value=0, max_value=MAX_OFFSET, help_text="The number of results to skip.")


class Page(serializers.Serializer[Any]):
    """The envelope of every list; subclasses declare `results`."""

    count = serializers.IntegerField(min_value=0, help_text="The total number of results.")
    next = serializers.URLField(allow_null=True, help_text="The URL of the next page; null on the last page.")
    previous = serializers.URLField(allow_null=True, help_text="The URL of the page before; null on the first page.")
