"""The endpoints of sign-in. All but one take their credentials in the body."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, cast

from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.access.actors import NO_CREDENTIAL, Actor, Origin
from neo_base.rest.errors import CHALLENGE
from neo_base.rest.parsers import parse_object
from neo_base.rest.views import BaseView
from neo_base.transactions import atomic
from neo_site.accounts.passwords import must_change
from neo_site.accounts.records import record_about
from neo_site.accounts.second_factor import has_second_factor, use_code
from neo_site.accounts.sessions import end_browser_sessions
from neo_site.signin import actions
from neo_site.signin.authentication import SessionTokenAuthentication
from neo_site.signin.errors import (
    InvalidCredentials,
    InvalidSecondFactor,
    PasswordChangeRequired,
    SecondFactorRequired,
)
from neo_site.signin.lockout import sign_in_attempt
from neo_site.signin.records import note_failure
from neo_site.signin.serializers import Credentials, RefreshTokenInput, SignedOut, SignOutOptions, Tokens
from neo_site.signin.tokens import AccessToken, RefreshToken
from neo_site.throttling.counts import Subject
from secrets_app.actions.credentials import EndReason

TAGS = ["Sign-in"]


class CredentialView(BaseView):
    """A view whose body carries the credentials; an Authorization header is ignored."""

    authentication_classes = []
    permission_classes = [AllowAny]
    max_body_bytes = 2**15
    problem_statuses: ClassVar[dict[str, list[int]]] = {"POST": [401]}

    def get_authenticate_header(self, request: Request) -> str:
        # Without one, DRF turns a 401 into a 403.
        return CHALLENGE


class RefreshTokenView(CredentialView):
    """A view whose body carries a refresh token."""

    request_examples: ClassVar[dict[str, Any]] = {"POST": {"refresh": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.…"}}

    def throttle_subject(self, request: Request) -> Subject | None:
        """Return the session of a well-signed token; None otherwise, which counts for the client address.

        So whoever sends garbage from a shared address shuts out nobody with a session.
        """
        length = request.META.get("CONTENT_LENGTH", "")
        if not length.isdigit() or int(length) > self.max_body_bytes:
            return None
        try:
            # Not `request.data`, which the view has to find unread, with its error.
            token = RefreshToken.read(parse_object(request._request.body)["refresh"])
            return Subject("user", f"session:{token.session_id}")
        except (APIException, KeyError):
            return None


class TokenView(CredentialView):
    problem_statuses: ClassVar[dict[str, list[int]]] = {"POST": [401, 403]}
    request_examples: ClassVar[dict[str, Any]] = {
        "POST": {"username": "member", "password": "correct horse battery staple"}
    }

    @extend_schema(
        operation_id="signIn", summary="Sign in", tags=TAGS, auth=[], request=Credentials, responses={200: Tokens}
    )
    def post(self, request: Request) -> Response:
        """Exchange a user name and a password for an access token and a refresh token.

        An unknown user, a wrong password and an inactive user get the same answer. Repeated failures get 429. A user
        with a second factor gets 401 `second_factor_required` until its `code` comes along; each code works once.
        Whoever has a password that somebody else set gets 403 `password_change_required`.
        """
        credentials = Credentials.validated(request.data)
        user = _identified(request, credentials)
        if must_change(user):
            raise PasswordChangeRequired
        return Response(Tokens(actions.sign_in(user=user, origin=_origin(request))).data)


# The end of a replayed session must outlive the 401, also on a site that makes each request a transaction.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class RefreshView(RefreshTokenView):
    @extend_schema(
        operation_id="refreshToken",
        summary="Refresh tokens",
        tags=TAGS,
        auth=[],
        request=RefreshTokenInput,
        responses={200: Tokens},
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for the next pair. Each works once; reusing one ends its session."""
        refresh_token = RefreshTokenInput.validated(request.data)["refresh"]
        return Response(Tokens(actions.rotate(refresh_token=refresh_token, origin=_origin(request))).data)


class RevokeView(RefreshTokenView):
    @extend_schema(
        operation_id="revokeToken",
        summary="Sign out",
        tags=TAGS,
        auth=[],
        request=RefreshTokenInput,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """End the session of a refresh token; its access tokens stop working at once."""
        refresh_token = RefreshTokenInput.validated(request.data)["refresh"]
        actions.sign_out(refresh_token=refresh_token, origin=_origin(request))
        return Response(status=204)


class SignOutEverywhereView(BaseView):
    request_examples: ClassVar[dict[str, Any]] = {"POST": {"end_service_tokens": False}}

    # Not the site's default: no other kind of credential may end the sessions of a user.
    authentication_classes = [SessionTokenAuthentication]
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="signOutEverywhere",
        summary="Sign out everywhere",
        tags=TAGS,
        request=SignOutOptions,
        responses={200: SignedOut},
    )
    def post(self, request: Request) -> Response:
        """End every session of yours, this one and those of browsers included, and every task grant made in one.

        Service tokens live on, and the answer lists them. With `end_service_tokens` they end as well.
        """
        end_tokens = SignOutOptions.validated(request.data)["end_service_tokens"]
        user, token = cast(AbstractBaseUser, request.user), cast(AccessToken, request.auth)
        origin = Origin.of_signed_in(request._request, token)
        return Response(SignedOut(_sign_out_everywhere(user, origin, end_tokens=end_tokens)).data)


@atomic
def _sign_out_everywhere(user: AbstractBaseUser, origin: Origin, *, end_tokens: bool) -> actions.SignedOut:
    ended = actions.sign_out_everywhere(user=user, origin=origin, end_tokens=end_tokens)
    by = Actor.from_user(user, origin=origin)
    browsers = end_browser_sessions(user=user, actor=by, reason=EndReason.SIGNED_OUT_EVERYWHERE)
    return replace(ended, sessions_ended=ended.sessions_ended + browsers)


def _identified(request: Request, credentials: dict[str, Any]) -> AbstractBaseUser:
    """Return the user of name, password and code. Each failure counts, but not that a code is missing: it is asked for.

    Raises InvalidCredentials, SecondFactorRequired and InvalidSecondFactor, and as `sign_in_attempt` does.
    """
    name, code = get_user_model().normalize_username(credentials["username"]), credentials.get("code")
    with sign_in_attempt(request._request, name):
        user = authenticate(request._request, username=name, password=credentials["password"])
        if user is None:
            raise InvalidCredentials
        is_asked = has_second_factor(user)
        factor = use_code(user, code) if is_asked and code is not None else None
        if is_asked and code is not None and factor is None:
            note_failure(request._request, name, InvalidSecondFactor())
            raise InvalidSecondFactor
    by = Actor.from_user(user, origin=_origin(request))
    if factor is not None:
        factor.record_usage()
        record_about("second_factor.used", user, by, type=str(factor.type))
    elif is_asked:
        record_about("second_factor.asked", user, by, interface="api")
        raise SecondFactorRequired
    return user


def _origin(request: Request) -> Origin:
    """Return where the request comes from. The actions add the session, which only the body names."""
    return Origin.of(request._request, NO_CREDENTIAL)
