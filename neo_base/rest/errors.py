"""Error classes of the API. Each has an HTTP status, a code for programs and a sentence for people.

Nothing here imports DRF's views, so that authentication classes, which DRF loads with its views, can raise them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions

from neo_base.rest.languages import Text
from neo_base.rest.outages import OTHER

MISSING = _("The object does not exist, or you have no access to it. Check its id.")
CHALLENGE = 'Bearer realm="api"'


class AttemptFacts:
    """What an error tells the audit log about the refused attempt. The answer shows none of it."""

    is_recorded = False
    """Whether the attempt is in the audit log already."""
    is_hidden = False
    """Whether a 404 answers for what the caller may not see, as well as for what does not exist."""
    token_digest = ""
    """The digest of the token that was presented."""
    session_id = ""
    """The session that has ended, and its user."""
    user_id: Any = None
    project_id: UUID | None = None
    """The project that a policy was asked about."""


class Missing(AttemptFacts, exceptions.NotFound):
    """404: the object does not exist, or the caller may not see it; one answer for both."""

    default_detail: Text = MISSING

    def __init__(self, *, is_hidden: bool = False) -> None:
        """Say with `is_hidden` that this is a refused attempt: the address or the body named the object."""
        super().__init__()
        self.is_hidden = is_hidden


class Conflict(exceptions.APIException):
    """409: the request is well formed, but conflicts with the current state."""

    status_code = HTTPStatus.CONFLICT
    default_detail: Text = _("The request conflicts with the current state. Load the object again and retry.")
    default_code = "conflict"


class NamedConflict(Conflict):
    """409 that names the conflicts field by field, as 400 does."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self.errors = errors


class AlreadyMade(NamedConflict):
    """409: the request was carried out before, and its answer is not given twice. `errors` names what it made.

    That is so where the answer shows a token, and where what was made is gone.
    """

    default_detail = (
        "This request was carried out before, and its answer is not given again. `errors` names what was made. To get "
        "another one, end that one and send a new request, with another Idempotency-Key."
    )
    default_code = "already_made"

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__({"id": ids})


class KeyReused(exceptions.APIException):
    """422: the `Idempotency-Key` belongs to another request."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_detail = "Another request was sent with this Idempotency-Key. Give each new request a key of its own."
    default_code = "idempotency_key_reused"


class PreconditionFailed(exceptions.APIException):
    """412: the ETag in `If-Match` is not the current one."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_detail = "The object has changed since you read it. Read it again and retry with its current ETag."
    default_code = "precondition_failed"


class BodyTooLarge(exceptions.APIException):
    """413: the body is larger than the endpoint accepts."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request body is too large. Send a smaller one."
    default_code = "body_too_large"


class BodyTimeout(exceptions.APIException):
    """408: the body was not complete in time, and reading it was given up."""

    status_code = HTTPStatus.REQUEST_TIMEOUT
    default_detail = "The request body did not arrive in time. Send the request again, on a new connection."
    default_code = "body_timeout"


class UnexpectedBody(exceptions.APIException):
    """400: the request has a body, and its method takes none."""

    status_code = HTTPStatus.BAD_REQUEST
    default_detail = "Requests with this method take no body. Send the request without one."
    default_code = "unexpected_body"


class Unavailable(exceptions.APIException):
    """503: the database or the key provider does not respond; the same request may succeed later."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_detail: Text = _("The service is not available at the moment. Try again later.")
    default_code = "unavailable"
    default_outage = OTHER
    """The reason of `neo_base/rest/outages.py` where no cause names another one."""

    def __init__(self, *, reason: str | None = None) -> None:
        super().__init__()
        self.outage = reason


class InternalError(exceptions.APIException):
    """500: an error in our code. The server's log has an entry with the same request id."""

    default_detail = (
        "The server could not complete the request. Report the request id to its operator: the log has the error."
    )
    default_code = "internal_error"
