"""Authentication by the tokens that this app issues.

A service token is sent as `Authorization: Bearer neo_sk_…` or `X-Api-Key: neo_sk_…`, a task token as
`Authorization: Bearer neo_task_…`, to the runtime endpoints only. Neither counts at a view whose permission classes
name no scope: nothing there would limit the token. Such a view answers as if the token had not been sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import CharField
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from neo_base.access.accounts import is_active
from neo_base.access.compiled import Given
from neo_base.access.permissions import names_scope
from neo_base.access.standing import read
from neo_base.rest.errors import CHALLENGE
from neo_base.rest.headers import header_of
from secrets_app import token_format
from secrets_app.actions.tokens import note_use
from secrets_app.errors import InvalidServiceToken, InvalidTaskToken
from secrets_app.models import ServiceToken, TaskGrant
from secrets_app.models.task_grant import TaskGrantQuerySet
from secrets_app.models.token import ServiceTokenQuerySet

WITH_GRANTS = ("service_token", "granted_set")
"""What is read with a grant."""


class ServiceTokenAuthentication(BaseAuthentication):
    """Authentication by service token: `request.user` is its owner, `request.auth` the token, which limits the actor.

    Costs one query, and a write at most once a minute. Name this class before those that take other bearer tokens: it
    leaves bearer tokens of another form to them.
    """

    def authenticate(self, request: Request) -> tuple[Any, ServiceToken] | None:
        """Return the owner and the token, or None if the request presents no token of ours or the view names no scope.

        Raise InvalidServiceToken if the token is malformed or not usable, if it is a task token, and if `X-Api-Key` and
        `Authorization` are both sent.
        """
        key = _api_key(request)
        scheme, bearer = _authorization(request)
        presented = key or (bearer if scheme == "bearer" and _is_ours(bearer) else "")
        if not presented or not _takes_tokens(request):
            return None
        if key and scheme:
            # Of two credentials we cannot know which one the client means, and a guess could act for the wrong user.
            raise InvalidServiceToken(key)
        token = _token_with_standing(request, presented) or _usable(presented)
        note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str | None:
        """Return our challenge; at a view that names no scope, that of the next class, so that its 401 or 403 stays."""
        if _takes_tokens(request):
            return CHALLENGE
        classes: Iterable[Any] = request.authenticators or ()
        others = (each for each in classes if not isinstance(each, ServiceTokenAuthentication))
        return next((each.authenticate_header(request) for each in others), None)


class TaskTokenAuthentication(BaseAuthentication):
    """Authentication by task token: `request.user` is the grantor, `request.auth` the grant, which limits the actor.

    For the runtime views, as their only class. Costs one query, which reads the grant, its grantor and the service
    token that created it afresh.
    """

    def authenticate(self, request: Request) -> tuple[Any, TaskGrant] | None:
        """Return the grantor and the grant, or None without any credential or where the view names no scope.

        Raise InvalidTaskToken for all others.
        """
        key = _api_key(request)
        scheme, text = _authorization(request)
        if not (scheme or key) or not _takes_tokens(request):
            return None
        if scheme != "bearer" or key:
            raise InvalidTaskToken(text)
        if not token_format.is_well_formed(text, token_format.TASK_PREFIX):
            raise InvalidTaskToken(text)
        grant = _grant_with_standing(request, text) or _usable_grant(text)
        return grant.user, grant

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def _grant_with_standing(request: Request, text: str) -> TaskGrant | None:
    """Return the grant if it is good and the view's question was asked with it; else `_usable_grant` has to say."""
    grant = read(request, TaskGrant, _grants, related=WITH_GRANTS, digest=token_format.digest(text))
    return grant if grant is not None and grant.is_usable and is_active(grant.user) else None


def _grants() -> TaskGrantQuerySet:
    return TaskGrant.objects.filter(digest=Given("digest", CharField()))


def _usable_grant(text: str) -> TaskGrant:
    rows = TaskGrant.objects.usable().select_related("user", *WITH_GRANTS)
    grant = rows.filter(digest=token_format.digest(text)).first()
    if grant is None or not is_active(grant.user):
        raise InvalidTaskToken(text)
    return grant


def _authorization(request: Request) -> tuple[str, str]:
    """Return the scheme, in lower case, and the rest of the Authorization header; both are empty without one."""
    scheme, _, rest = (header_of(request, "Authorization") or "").partition(" ")
    return scheme.lower(), rest.strip()


def _api_key(request: Request) -> str:
    """Return the X-Api-Key header if it has the prefix of our tokens; else it is the site's own, and empty for us."""
    header = header_of(request, "X-Api-Key") or ""
    return header if _is_ours(header) else ""


def _is_ours(text: str) -> bool:
    return text.startswith((token_format.PREFIX, token_format.TASK_PREFIX))


def _takes_tokens(request: Request) -> bool:
    """Return whether the view names a scope.

    Permissions that depend on who asks count as none: nobody is signed in yet, so they cannot be known.
    """
    # A request that DRF did not make has no view, and so no scope.
    view = (getattr(request, "parser_context", None) or {}).get("view")
    if view is None:
        return False
    if getattr(request, "_is_asked_for_scope", False):
        # The view's `get_permissions` asks for the user, whom this class is about to find.
        raise NotAuthenticated
    request._is_asked_for_scope = True  # type: ignore[attr-defined]
    try:
        return names_scope(view)
    except NotAuthenticated:
        return False
    finally:
        request._is_asked_for_scope = False  # type: ignore[attr-defined]


def _token_with_standing(request: Request, text: str) -> ServiceToken | None:
    """Return the token if it is good and the view's question was asked with it; else `_usable` has to say."""
    if not token_format.is_well_formed(text):
        return None
    token = read(request, ServiceToken, _tokens, digest=token_format.digest(text))
    return token if token is not None and token.is_usable and is_active(token.user) else None


def _tokens() -> ServiceTokenQuerySet:
    return ServiceToken.objects.filter(digest=Given("digest", CharField()))


def _usable(text: str) -> ServiceToken:
    if not token_format.is_well_formed(text):
        raise InvalidServiceToken(text)
    rows = ServiceToken.objects.usable().select_related("user")
    token = rows.filter(digest=token_format.digest(text)).first()
    if token is None or not is_active(token.user):
        raise InvalidServiceToken(text)
    return token
