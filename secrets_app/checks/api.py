"""System checks: whether the site serves the API of secrets, and whom it lets in."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from rest_framework.authentication import (
    BasicAuthentication,
    RemoteUserAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework.settings import api_settings

from neo_base.rest.urls import address
from secrets_app.api.authentication import ServiceTokenAuthentication

NO_BEARER = (BasicAuthentication, RemoteUserAuthentication, SessionAuthentication, TokenAuthentication)
OURS = "secrets_app.api.authentication.ServiceTokenAuthentication"


@register(Tags.urls)
def api_is_served(**_: Any) -> list[CheckMessage]:
    if not getattr(settings, "ROOT_URLCONF", None) or address("secrets", "secrets_app"):
        return []
    hint = "path('api/v1/', include('secrets_app.api.urls')) in the URLs of the site, under any prefix."
    return [checks.Warning("The API of secrets is not among the site's URLs.", hint, id="secrets_app.W012")]


@register(Tags.security)
def somebody_can_sign_in(**_: Any) -> list[CheckMessage]:
    if _classes():
        return []
    hint = f"REST_FRAMEWORK = {{'DEFAULT_AUTHENTICATION_CLASSES': ['{OURS}', …yours]}}"
    return [Error("No authentication class: every request to the API is 401.", hint, id="secrets_app.E019")]


@register(Tags.security)
def sessions_are_protected_from_forged_requests(**_: Any) -> list[CheckMessage]:
    """The class that people write to get rid of a 403 lets any other site create and delete secrets in a browser."""
    open_to_forgery = [
        each
        for each in _classes()
        if issubclass(each, SessionAuthentication) and each.enforce_csrf is not SessionAuthentication.enforce_csrf
    ]
    hint = "Take rest_framework.authentication.SessionAuthentication itself, and send the CSRF token with each change."
    return [
        Error(f"{each.__name__} takes sessions and does not enforce CSRF.", hint, id="secrets_app.E020")
        for each in open_to_forgery
    ]


@register()
def service_tokens_can_be_used(**_: Any) -> list[CheckMessage]:
    for each in _classes():
        if issubclass(each, ServiceTokenAuthentication):
            return []
        if not issubclass(each, NO_BEARER):
            break
    hint = f"Put '{OURS}' first among DEFAULT_AUTHENTICATION_CLASSES: it leaves bearer tokens of another form alone."
    return [checks.Warning("Service tokens can be made and not used.", hint, id="secrets_app.W013")]


@register(Tags.security, deploy=True)
def passwords_cannot_be_tried_out(**_: Any) -> list[CheckMessage]:
    if api_settings.DEFAULT_THROTTLE_CLASSES or not any(issubclass(each, BasicAuthentication) for each in _classes()):
        return []
    hint = "Leave BasicAuthentication out (it is among DRF's defaults), or set DEFAULT_THROTTLE_CLASSES."
    return [checks.Warning("Passwords can be tried out at the API without end.", hint, id="secrets_app.W014")]


def _classes() -> list[type[Any]]:
    """The authentication classes of the site; DRF's settings name them, and hand them out imported."""
    return list(cast(Any, api_settings.DEFAULT_AUTHENTICATION_CLASSES))
