"""Cursor pagination: a page begins after the last row of the page before, so its cost does not grow with the list.

There is no count and no offset. The cursor is opaque to clients. It holds the id of that last row, which may have been
deleted since.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import UUID

from django.core.validators import RegexValidator
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from neo_base.rest.fields import QueryIntegerField, TextField
from neo_base.rest.serializers import StrictSerializer

CURSOR_CHARACTERS = 22
# Every text of this form decodes to an id, so that nothing else about a cursor can be invalid.
CURSOR_FORM = RegexValidator(
    rf"^[A-Za-z0-9_-]{{{CURSOR_CHARACTERS}}}\Z", "Must be a cursor from the `next` of an earlier page."
)


class CursorQuery(StrictSerializer):
    """The query parameters that select a page of a list."""

    limit = QueryIntegerField(default=100, min_value=1, max_value=500, help_text="The maximum number of results.")
    cursor = TextField(
        required=False,
        max_length=CURSOR_CHARACTERS,
        form=CURSOR_FORM,
        help_text="The end of the page before, taken from its `next`.",
    )


class CursorPage(serializers.Serializer[Any]):
    """The envelope of a list with cursors; subclasses declare `results`."""

    next = serializers.URLField(allow_null=True, help_text="The URL of the next page; null on the last page.")


def id_in(cursor: str) -> UUID:
    """Return the id in `cursor`, whose form has been validated."""
    return UUID(bytes=urlsafe_b64decode(cursor + "=="))


def envelope(request: Request, found: list[UUID], results: Any, *, limit: int) -> dict[str, Any]:
    """Return the response body: `results`, and the URL of the next page if there is one.

    `found` holds the ids of the page's rows, and one more if another page follows; `results` are the first `limit`
    rows as JSON.
    """
    address = None
    if len(found) > limit:
        cursor = urlsafe_b64encode(found[limit - 1].bytes).rstrip(b"=").decode()
        address = replace_query_param(request.build_absolute_uri(), "cursor", cursor)
    return {"next": address, "results": results}
