"""Our own tokens as credentials.

Service tokens: `Authorization: Bearer neo_sk_…` or `X-Api-Key: neo_sk_…`, wherever the site takes them. Task tokens:
`Authorization: Bearer neo_task_…`, for the runtime alone.
"""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from neo_base.access.accounts import is_active
from neo_base.rest.errors import CHALLENGE
from secrets_app import token_format
from secrets_app.actions.tokens import note_use
from secrets_app.errors import InvalidServiceToken, InvalidTaskToken
from secrets_app.models import ServiceToken, TaskGrant


class ServiceTokenAuthentication(BaseAuthentication):
    """The owner of the token is the user, the token itself is `request.auth`, and its limits bind the actor.

    Costs one query, and a write at most once a minute. To be named before classes that take other bearer tokens: a
    bearer token of another form is left to them.
    """

    def authenticate(self, request: Request) -> tuple[Any, ServiceToken] | None:
        """Raises InvalidServiceToken for anything that claims to be one and is not good; None for no claim.

        A task's token is no good here, whatever else is sent along.
        """
        presented = _presented(request)
        if presented is None:
            return None
        token = _usable(presented)
        note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class TaskTokenAuthentication(BaseAuthentication):
    """The grantor is the user, the grant itself is `request.auth`, and its limits bind the actor.

    For the views of the runtime, as their only class. Costs one query, in which the grant, its grantor and the service
    token that made it are read afresh.
    """

    def authenticate(self, request: Request) -> tuple[Any, TaskGrant] | None:
        """Raises InvalidTaskToken for any other credential as well; None for none at all."""
        scheme, text = _authorization(request)
        if not scheme and "X-Api-Key" not in request.headers:
            return None
        if scheme != "bearer" or "X-Api-Key" in request.headers:
            raise InvalidTaskToken(text)
        grant = _usable_grant(text)
        return grant.user, grant

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def _usable_grant(text: str) -> TaskGrant:
    if not token_format.is_well_formed(text, token_format.TASK_PREFIX):
        raise InvalidTaskToken(text)
    rows = TaskGrant.objects.usable().select_related("user", "service_token")
    grant = rows.filter(digest=token_format.digest(text)).first()
    if grant is None or not is_active(grant.user):
        raise InvalidTaskToken(text)
    return grant


def _authorization(request: Request) -> tuple[str, str]:
    """The scheme in lower case and the rest of the Authorization header; both empty without one."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower(), rest.strip()


def _presented(request: Request) -> str | None:
    header = request.headers.get("X-Api-Key")
    scheme, bearer = _authorization(request)
    if header is None:
        is_ours = scheme == "bearer" and bearer.startswith((token_format.PREFIX, token_format.TASK_PREFIX))
        return bearer if is_ours else None
    if scheme:
        # Two credentials: which of them counts is not ours to guess.
        raise InvalidServiceToken(header)
    return header


def _usable(text: str) -> ServiceToken:
    if not token_format.is_well_formed(text):
        raise InvalidServiceToken(text)
    rows = ServiceToken.objects.usable().select_related("user")
    token = rows.filter(digest=token_format.digest(text)).first()
    if token is None or not is_active(token.user):
        raise InvalidServiceToken(text)
    return token
