"""Lists that have no count and no offset: a page begins behind the last row of the one before, however many there are.

The cursor is opaque to clients. It holds the id of that row, which need not be there any more.
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
# Each text of this form is the cursor of some id: there is nothing to be refused beyond the form.
CURSOR_FORM = RegexValidator(rf"^[A-Za-z0-9_-]{{{CURSOR_CHARACTERS}}}\Z", "Use the cursor that the page before gives.")


class CursorQuery(StrictSerializer):
    """The part of a list to answer."""

    limit = QueryIntegerField(default=100, min_value=1, max_value=500, help_text="At most this many results.")
    cursor = TextField(
        required=False,
        max_length=CURSOR_CHARACTERS,
        form=CURSOR_FORM,
        help_text="Where the page before has ended, as its `next` says.",
    )


class CursorPage(serializers.Serializer[Any]):
    """The envelope of such a list; subclasses declare `results`."""

    next = serializers.URLField(allow_null=True, help_text="The next page, null on the last.")


def id_in(cursor: str) -> UUID:
    """The id that a cursor of the right form holds."""
    return UUID(bytes=urlsafe_b64decode(cursor + "=="))


def envelope(request: Request, found: list[UUID], results: Any, *, limit: int) -> dict[str, Any]:
    """The answer around `results`, the rows of the first `limit` of `found`, which holds one more if there is more."""
    address = None
    if len(found) > limit:
        cursor = urlsafe_b64encode(found[limit - 1].bytes).rstrip(b"=").decode()
        address = replace_query_param(request.build_absolute_uri(), "cursor", cursor)
    return {"next": address, "results": results}
