"""ETags: `If-Match` changes a secret only in the state that the client has seen (RFC 9110, section 13.1.1), and
`If-None-Match` answers 304 if the client has the answer already (section 13.1.2)."""

from __future__ import annotations

from hashlib import blake2b
from http import HTTPStatus
from typing import Any

from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.rest.headers import header_of
from secrets_app.models import Secret
from secrets_app.models.shown_secret import ShownSecret

# What a release shows of a row is a part of the answer.
SHAPE = ",".join(ShownSecret._fields)


def if_match(request: Request) -> list[str] | None:
    """Return the ETags of `If-Match`: `["*"]` for any state, None without the header. A weak ETag never matches.

    What follows the revision in an ETag of `etag_of` is no change of the secret, and is left out.
    """
    header = header_of(request, "If-Match")
    return None if header is None else [_revision_in(each) for each in parse_etags(header)]


def has(request: Request, etag: str) -> bool:
    """Return whether the client has the answer with this ETag, as `If-None-Match` says."""
    header = header_of(request, "If-None-Match")
    if header is None or request.method not in ("GET", "HEAD"):
        return False
    known = [each.removeprefix("W/") for each in parse_etags(header)]
    return etag in known or known == ["*"]


def asks_for_changes(request: Request) -> bool:
    """Return whether the client has an answer already, and wants another one only if it changed."""
    return header_of(request, "If-None-Match") is not None


def not_modified(etag: str) -> Response:
    """Return the answer 304, which has no body."""
    return Response(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})


def unless_known(request: Request, body: dict[str, Any], etag: str | None, *, certain: bool = True) -> Response:
    """Return the answer with this body, or 304 if the client has it.

    It is sent whole without an ETag, and where the ETag is not `certain` to change with the answer.
    """
    if etag is None:
        return Response(body)
    return not_modified(etag) if certain and has(request, etag) else Response(body, headers={"ETag": etag})


def etag_of(secret: Secret | ShownSecret) -> str:
    """Return the ETag of one secret: its revision, and when it was last used, or found damaged, if ever."""
    moments = [f"{at.timestamp():.6f}" for at in (secret.last_used_at, secret.damaged_at) if at is not None]
    return f'"{secret.revision}-{_digest(moments)}"' if moments else secret.etag


def page_etag(request: Request, stamp: Any) -> str:
    """Return the ETag of a page of something with this stamp. Each address and each user has its own."""
    return f'"{_digest([SHAPE, request.user.pk, request.get_full_path(), sorted(stamp.items())])}"'


def _digest(parts: list[Any]) -> str:
    return blake2b(repr(parts).encode(), digest_size=12).hexdigest()


def _revision_in(etag: str) -> str:
    revision, dash, _ = etag.partition("-")
    return f'{revision}"' if dash and revision.startswith('"') else etag
