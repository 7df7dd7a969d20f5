"""oauthlib's reading of RFC 8628, over the actions of this folder. Its module is imported with the first request.

The library checks requests and makes the answers. It knows neither storage nor sessions, and its own tokens are not
used: the program gets a session of this site.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from oauthlib.oauth2.rfc8628.endpoints import DeviceAuthorizationEndpoint
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant
from oauthlib.oauth2.rfc8628.request_validator import RequestValidator

from neo_base.access.actors import Origin
from neo_site.signin.devices import actions
from neo_site.signin.devices.codes import new_user_code
from neo_site.signin.devices.errors import BY_CODE, DeviceError, InvalidClient, InvalidGrant
from neo_site.signin.errors import PasswordChangeRequired

CLIENT_ID = "neo"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class _Validator(RequestValidator):  # type: ignore[misc]  # The library has no types.
    """One public client, no scopes; and device codes as `actions.poll` finds them."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def client_authentication_required(self, request: Request, *_: Any, **__: Any) -> bool:
        return False

    def validate_client_id(self, client_id: str, request: Request, *_: Any, **__: Any) -> bool:
        return client_id == CLIENT_ID

    def authenticate_client_id(self, client_id: str, request: Request, *_: Any, **__: Any) -> bool:
        request.client = SimpleNamespace(client_id=CLIENT_ID)
        return client_id == CLIENT_ID

    def validate_grant_type(self, *_: Any, **__: Any) -> bool:
        return True

    def get_default_scopes(self, *_: Any, **__: Any) -> list[str]:
        return []

    def validate_scopes(self, client_id: str, scopes: list[str], *_: Any, **__: Any) -> bool:
        return not scopes

    def validate_device_code(self, client_id: str, code: str, request: Request, *_: Any, **__: Any) -> str | None:
        request.scopes = []
        request.outcome = outcome = actions.poll(device_code=code, origin=self._origin)
        if isinstance(outcome, DeviceError):
            return None if isinstance(outcome, InvalidGrant) else outcome.default_code
        return str(DeviceCodeGrant.DEVICE_CODE_AUTHORIZED)


def new_codes(sent: dict[str, str], page: str) -> dict[str, Any]:
    """Return the answer to a program that asks, with new codes; `page` is where users answer. Raises DeviceError."""
    endpoint = DeviceAuthorizationEndpoint(
        _Validator(Origin()),
        page,
        expires_in=int(actions.LIFETIME.total_seconds()),
        interval=actions.INTERVAL_SECONDS,
        verification_uri_complete=page + "?user_code={user_code}",
        user_code_generator=new_user_code,
    )
    try:
        _, answer, _ = endpoint.create_device_authorization_response(page, body=list(sent.items()), headers=FORM)
    except OAuth2Error as error:
        raise _known(error) from None
    return dict(answer)


def session_for(sent: dict[str, str], origin: Origin) -> actions.SignedIn:
    """Return the session for a device code. Raises DeviceError, and PasswordChangeRequired."""
    request = Request("", "POST", list(sent.items()), FORM)
    try:
        DeviceCodeGrant(_Validator(origin)).validate_token_request(request)
    except OAuth2Error as error:
        raise _known(error) from None
    if isinstance(request.outcome, PasswordChangeRequired):
        raise request.outcome
    return request.outcome  # type: ignore[no-any-return]


def _known(error: OAuth2Error) -> DeviceError:
    # Of a client that it does not know, the library says `invalid_request` where RFC 6749 has `invalid_client`.
    is_of_client = "Client" in type(error).__name__
    return InvalidClient() if is_of_client else BY_CODE.get(str(error.error), DeviceError)()
