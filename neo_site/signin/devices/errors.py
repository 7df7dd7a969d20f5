"""The errors of sign-in by browser: those of RFC 8628 and RFC 6749, under the codes that these give them."""

from __future__ import annotations

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, AuthenticationFailed

from neo_base.rest.errors import AttemptFacts
from neo_base.rest.languages import Text


class DeviceError(APIException):
    """400: the request is not one of RFC 8628."""

    status_code = HTTPStatus.BAD_REQUEST
    default_detail = "The request is not one of RFC 8628. The API's documentation has examples."
    default_code = "invalid_request"


class AuthorizationPending(DeviceError):
    default_detail = "The user has not answered yet. Ask again after `interval` seconds."
    default_code = "authorization_pending"


class SlowDown(DeviceError):
    default_detail = "The requests come too fast. Wait five seconds longer between them from now on."
    default_code = "slow_down"


class AccessDenied(DeviceError):
    default_detail = "The user refused, or may not sign in any more. To ask again, begin with new codes."
    default_code = "access_denied"


class ExpiredCode(DeviceError):
    default_detail = "The codes have expired. To ask again, begin with new ones."
    default_code = "expired_token"


class InvalidGrant(DeviceError):
    default_detail = "The device code is unknown, or was used already. Begin with new codes."
    default_code = "invalid_grant"


class InvalidClient(DeviceError):
    default_detail = "The client id is unknown. Send `neo`."
    default_code = "invalid_client"


class InvalidScope(DeviceError):
    default_detail = "A session has no scopes. Leave `scope` out."
    default_code = "invalid_scope"


class UnsupportedGrantType(DeviceError):
    default_detail = "The grant type is unknown. Send `urn:ietf:params:oauth:grant-type:device_code`."
    default_code = "unsupported_grant_type"


BY_CODE: dict[str, type[DeviceError]] = {each.default_code: each for each in DeviceError.__subclasses__()}


class InvalidUserCode(AttemptFacts, AuthenticationFailed):
    """401 in the audit log: no program waits with the code that a user sent at the page."""

    default_detail: Text = _("No program waits with this code. Compare it, or let the program ask again.")
    default_code = "user_code_invalid"
    is_recorded = True
    """True, because whoever raises it notes it under the user's name."""
