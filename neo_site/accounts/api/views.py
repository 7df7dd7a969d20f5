"""The endpoints of the signed-in user. Where something changes, they take a session's access token and no other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, cast

from allauth.account.forms import AddEmailForm
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as InvalidPassword
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from neo_base import mail
from neo_base.access.actors import Actor, Origin
from neo_base.rest.errors import Missing
from neo_base.rest.views import BaseView
from neo_base.transactions import atomic
from neo_site.accounts.api.errors import EmailOff, EmailRefused, SignInAgain, WrongPassword
from neo_site.accounts.api.serializers import PasswordChange, PasswordChanged, SessionList, UserChange, UserOut
from neo_site.accounts.passwords import choose_password
from neo_site.accounts.second_factor import has_second_factor
from neo_site.accounts.sessions import end_other_sessions, end_session, sessions_of
from neo_site.signin.actions import sign_in
from neo_site.signin.authentication import SessionTokenAuthentication
from neo_site.signin.living_tokens import living_tokens
from neo_site.signin.lockout import sign_in_attempt
from neo_site.signin.tokens import AccessToken
from secrets_app.actions.credentials import EndReason, end_service_tokens
from secrets_app.conf import conf

TAGS = ["Your account"]


class AccountView(BaseView):
    """A view of the caller's own account."""

    # Not the site's default: no other kind of credential may end sessions, or change what protects the account.
    authentication_classes = [SessionTokenAuthentication]
    permission_classes = [IsAuthenticated]

    def origin(self) -> Origin:
        return Origin.of_signed_in(self.request._request, self.request.auth)


class UserView(AccountView):
    problem_statuses: ClassVar[dict[str, list[int]]] = {"PATCH": [403, 409]}
    request_examples: ClassVar[dict[str, Any]] = {"PATCH": {"email": "member@example.org"}}

    @extend_schema(operation_id="getUser", summary="Show your account", tags=TAGS, responses={200: UserOut})
    def get(self, request: Request) -> Response:
        """Return who is signed in, and what the site offers."""
        return Response(_account(request.user))

    @extend_schema(
        operation_id="updateUser",
        summary="Change your e-mail address",
        tags=TAGS,
        request=UserChange,
        responses={200: UserOut},
    )
    def patch(self, request: Request) -> Response:
        """Send a mail to a new address; its link makes it that of the account. Needs a recent sign-in.

        The user name is changed by an operator.
        """
        email = UserChange.validated(request.data)["email"]
        _require_recent_sign_in(cast(AccessToken, request.auth))
        if not mail.is_on():
            raise EmailOff
        form = AddEmailForm(request.user, {"email": email})
        if not form.is_valid():
            raise EmailRefused
        form.save(request._request)
        return Response(_account(request.user))


class PasswordView(AccountView):
    problem_statuses: ClassVar[dict[str, list[int]]] = {"POST": [403]}
    request_examples: ClassVar[dict[str, Any]] = {
        "POST": {"current_password": "correct horse battery staple", "new_password": "quite another password"}
    }

    @extend_schema(
        operation_id="changePassword",
        summary="Change your password",
        tags=TAGS,
        request=PasswordChange,
        responses={200: PasswordChanged},
    )
    def post(self, request: Request) -> Response:
        """Set another password, which ends every session and every task grant that no service token made.

        The answer has the tokens of a new session. Service tokens live on unless `end_service_tokens` is true.
        """
        sent = PasswordChange.validated(request.data)
        user: Any = request.user
        with sign_in_attempt(request._request, user.get_username()):
            proved = authenticate(request._request, username=user.get_username(), password=sent["current_password"])
            if proved is None or proved.pk != user.pk:
                raise WrongPassword
        _require_sound(sent["new_password"], user)
        return Response(PasswordChanged(_change_password(user, sent, self.origin())).data)


class SessionListView(AccountView):
    @extend_schema(operation_id="listSessions", summary="List your sessions", tags=TAGS, responses={200: SessionList})
    def get(self, request: Request) -> Response:
        """Return the live sessions, newest first: of the API, and of browsers at the pages. At most 200."""
        found = sessions_of(request.user, self.origin().credential)
        return Response(SessionList({"results": found[:200]}).data)

    @extend_schema(operation_id="endOtherSessions", summary="End your other sessions", tags=TAGS, responses={204: None})
    def delete(self, request: Request) -> Response:
        """End every session but that of this request, and the task grants that were made in them."""
        end_other_sessions(user=request.user, origin=self.origin())
        return Response(status=204)


class SessionView(AccountView):
    problem_statuses: ClassVar[dict[str, list[int]]] = {"DELETE": [404]}

    @extend_schema(operation_id="endSession", summary="End one of your sessions", tags=TAGS, responses={204: None})
    def delete(self, request: Request, session_id: str) -> Response:
        """End the session, and the task grants that were made in it. It may be that of this request."""
        if not end_session(user=request.user, session_id=session_id, origin=self.origin()):
            raise Missing(is_hidden=True)
        return Response(status=204)


def _account(user: Any) -> dict[str, Any]:
    addresses = list(EmailAddress.objects.filter(user=user))
    shown = {
        "id": str(user.pk),
        "username": user.get_username(),
        "email": user.email,
        "email_verified": any(each.verified and each.email == user.email.lower() for each in addresses),
        "pending_email": next((each.email for each in addresses if each.email != user.email.lower()), None),
        "second_factor": has_second_factor(user),
        "site": {
            "mail": mail.is_on(),
            "sign_up": settings.NEO_SIGN_UP,
            "identity_provider": settings.IDENTITY_PROVIDER is not None,
        },
    }
    return dict(UserOut(shown).data)


def _require_recent_sign_in(token: AccessToken) -> None:
    age = conf.sign_in_age_seconds
    if age is not None and (
        token.signed_in_at is None or token.signed_in_at <= timezone.now() - timedelta(seconds=age)
    ):
        raise SignInAgain


def _require_sound(password: str, user: Any) -> None:
    """Raise ValidationError with what the site's validators say; none of them quotes the password."""
    try:
        validate_password(password, user)
    except InvalidPassword as error:
        raise ValidationError({"new_password": error.messages}) from None


@atomic
def _change_password(user: Any, sent: dict[str, Any], origin: Origin) -> dict[str, Any]:
    choose_password(user=user, password=sent["new_password"], by="api", origin=origin)
    actor, ended = Actor.from_user(user, origin=origin), 0
    if sent["end_service_tokens"]:
        ended = end_service_tokens(actor=actor, user_id=user.pk, reason=EndReason.PASSWORD_CHANGED)
    pair = sign_in(user=user, origin=origin)
    return {
        "access": pair.access,
        "refresh": pair.refresh,
        "service_tokens_ended": ended,
        "service_tokens": living_tokens(user),
    }
