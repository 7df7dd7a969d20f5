"""Authentication by the tokens that this app issues.

A service token is sent as `Authorization: Bearer neo_sk_…` or `X-Api-Key: neo_sk_…`, to any endpoint of the site that
accepts it. A task token is sent as `Authorization: Bearer neo_task_…`, to the runtime endpoints only.
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
    """Authentication by service token: `request.user` is its owner, `request.auth` the token, which limits the actor.

    Costs one query, and a write at most once a minute. Name this class before those that take other bearer tokens: it
    leaves bearer tokens of another form to them.
    """

    def authenticate(self, request: Request) -> tuple[Any, ServiceToken] | None:
        """Return the owner and the token, or None if the request presents no token of ours.

        Raise InvalidServiceToken if the token is malformed or not usable, if it is a task token, and if `X-Api-Key` and
        `Authorization` are both sent.
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
    """Authentication by task token: `request.user` is the grantor, `request.auth` the grant, which limits the actor.

    For the runtime views, as their only class. Costs one query, which reads the grant, its grantor and the service
    token that created it afresh.
    """

    def authenticate(self, request: Request) -> tuple[Any, TaskGrant] | None:
        """Return the grantor and the grant, or None without any credential. Raise InvalidTaskToken for all others."""
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
    """Return the scheme, in lower case, and the rest of the Authorization header; both are empty without one."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower(), rest.strip()


def _presented(request: Request) -> str | None:
    header = request.headers.get("X-Api-Key")
    scheme, bearer = _authorization(request)
    if header is None:
        is_ours = scheme == "bearer" and bearer.startswith((token_format.PREFIX, token_format.TASK_PREFIX))
        return bearer if is_ours else None
    if scheme:
        # Of two credentials we cannot know which one the client means, and a guess could act for the wrong user.
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
