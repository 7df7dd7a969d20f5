"""The endpoints of RFC 8628. They take forms, as the standard has them, and JSON, as every endpoint here."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.access.actors import NO_CREDENTIAL, Origin
from neo_base.rest.parsers import StrictFormParser, StrictJSONParser
from neo_site.signin.devices import actions
from neo_site.signin.devices.errors import InvalidGrant
from neo_site.signin.devices.serializers import DeviceCodeExchange, DeviceCodes, DeviceCodesAsked, DeviceSession
from neo_site.signin.records import note_failure
from neo_site.signin.tokens import AccessToken
from neo_site.signin.views import TAGS, CredentialView
from neo_site.throttling.client_addresses import is_shared

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"


class DeviceView(CredentialView):
    """A view of RFC 8628, which is missing where the site does not offer that."""

    parser_classes = [StrictJSONParser, StrictFormParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not settings.NEO_DEVICE_SIGN_IN:
            raise NotFound

    def handle_exception(self, exc: Exception) -> Response:
        """Add the member `error`, by which clients of the standard know a problem."""
        answer = super().handle_exception(exc)
        if answer.status_code == 400:
            code = answer.data["code"]
            answer.data["error"] = "invalid_request" if code == "invalid" else code
        return answer


class DeviceCodesView(DeviceView):
    problem_statuses: ClassVar[dict[str, list[int]]] = {"POST": [404]}
    request_examples: ClassVar[dict[str, Any]] = {"POST": {"client_id": "neo", "host": "laptop"}}

    @extend_schema(
        operation_id="askForSignIn",
        summary="Ask to be signed in by a browser",
        tags=TAGS,
        auth=[],
        request=DeviceCodesAsked,
        responses={200: DeviceCodes},
    )
    def post(self, request: Request) -> Response:
        """Begin a sign-in by device authorisation (RFC 8628): for programs that should not ask for a password.

        Show the user `user_code` and send them to `verification_uri`, then ask for the session every `interval`
        seconds. 404 where the site does not offer it.
        """
        # Imported here, since few requests need the library.
        from neo_site.signin.devices.protocol import new_codes

        sent = DeviceCodesAsked.validated(request.data)
        host = sent.pop("host", "").strip()
        codes = new_codes(sent, request.build_absolute_uri(reverse("account_device")))
        actions.ask(
            device_code=codes["device_code"],
            user_code=codes["user_code"],
            client=f"{sent['client_id']} on {host}" if host else sent["client_id"],
            origin=Origin.of(request._request, NO_CREDENTIAL),
            is_shared=is_shared(request._request),
        )
        return Response(DeviceCodes(codes).data)


class DeviceTokenView(DeviceView):
    problem_statuses: ClassVar[dict[str, list[int]]] = {"POST": [403, 404]}
    request_examples: ClassVar[dict[str, Any]] = {
        "POST": {"grant_type": GRANT_TYPE, "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhs", "client_id": "neo"}
    }

    @extend_schema(
        operation_id="fetchSession",
        summary="Fetch the session that a browser approved",
        tags=TAGS,
        auth=[],
        request=DeviceCodeExchange,
        responses={200: DeviceSession},
    )
    def post(self, request: Request) -> Response:
        """Exchange a device code, once, for a session. Until the user has answered: 400 `authorization_pending`.

        `slow_down` means that you ask too often: wait five seconds longer from then on. `access_denied`,
        `expired_token` and `invalid_grant` are final.
        """
        from neo_site.signin.devices.protocol import session_for

        sent = DeviceCodeExchange.validated(request.data)
        try:
            session = session_for(sent, Origin.of(request._request, NO_CREDENTIAL))
        except InvalidGrant as error:
            note_failure(request._request, "", error)
            raise
        shown = {
            "access_token": session.pair.access,
            "token_type": "Bearer",
            "expires_in": int(AccessToken.lifetime.total_seconds()),
            "refresh_token": session.pair.refresh,
            "username": session.username,
        }
        return Response(DeviceSession(shown).data)
