"""System checks: whether the site serves the secrets API, and which credentials it accepts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    RemoteUserAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework.settings import api_settings

from neo_base.rest.authentication import AuthenticationClasses, host_classes
from neo_base.rest.urls import address, hidden
from secrets_app.api.authentication import ServiceTokenAuthentication, TaskTokenAuthentication
from secrets_app.conf import SERVICE_TOKENS, conf

NO_BEARER = (BasicAuthentication, RemoteUserAuthentication, SessionAuthentication, TokenAuthentication)
KEY = "SECRETS_APP['AUTHENTICATION_CLASSES']"


@register(Tags.urls)
def api_is_served(**_: Any) -> list[CheckMessage]:
    if not getattr(settings, "ROOT_URLCONF", None) or address("secrets", "secrets_app"):
        return []
    hint = "Add path('api/v1/', include('secrets_app.api.urls')) to the URLs of the site, with any prefix."
    return [checks.Warning("The site's URLs do not include the secrets API.", hint, id="secrets_app.W012")]


@register(Tags.urls)
def api_is_reached(**_: Any) -> list[CheckMessage]:
    """Return a warning for each form of the API's paths that leads to another view, as behind a catch-all pattern."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    hint = "In the URLs of the site, put what includes secrets_app.api.urls before the pattern of that view."
    return [
        checks.Warning(f"{path} does not reach the secrets API: {view} answers there.", hint, id="secrets_app.W016")
        for path, view in hidden("secrets", "secrets_app")
    ]


@register(Tags.security)
def authentication_is_configured(**_: Any) -> list[CheckMessage]:
    if not _load() or _classes():
        return []
    hint = f"Remove {KEY}, or name '{SERVICE_TOKENS}' and the classes by which people sign in."
    return [
        Error("There is no authentication class, so every request to the API gets 401.", hint, id="secrets_app.E019")
    ]


@register(Tags.security)
def authentication_classes_load(**_: Any) -> list[CheckMessage]:
    if _load():
        return []
    hint = "Name classes as BaseAuthentication of DRF is one, by dotted paths in a list; or remove the key."
    return [Error(f"{KEY} does not name authentication classes.", hint, id="secrets_app.E023")]


@register(Tags.security)
def views_of_the_site_take_no_tokens(**_: Any) -> list[CheckMessage]:
    ours = (ServiceTokenAuthentication, TaskTokenAuthentication)
    hint = (
        f"Take it out: our views accept it by {KEY}. A view of yours that is to take service tokens names the class in "
        "its own authentication_classes, with HasScope in its permission_classes."
    )
    return [
        checks.Warning(
            f"DEFAULT_AUTHENTICATION_CLASSES in REST_FRAMEWORK names {each.__name__}.", hint, id="secrets_app.W015"
        )
        for each in host_classes()
        if issubclass(each, ours)
    ]


@register(Tags.security)
def sessions_enforce_csrf(**_: Any) -> list[CheckMessage]:
    """Return an error for each session class that skips CSRF.

    Such a class, often written to get rid of a 403, lets any other site create and delete secrets in a user's browser.
    """
    open_to_forgery = [
        each
        for each in _classes()
        if issubclass(each, SessionAuthentication) and each.enforce_csrf is not SessionAuthentication.enforce_csrf
    ]
    hint = "Use rest_framework.authentication.SessionAuthentication itself, and send the CSRF token with each change."
    return [
        Error(f"{each.__name__} accepts sessions, but does not enforce CSRF.", hint, id="secrets_app.E020")
        for each in open_to_forgery
    ]


@register()
def service_tokens_can_be_used(**_: Any) -> list[CheckMessage]:
    if not _load():
        return []
    for each in _classes():
        if issubclass(each, ServiceTokenAuthentication):
            return []
        if not issubclass(each, NO_BEARER):
            break
    hint = f"Put '{SERVICE_TOKENS}' first in {KEY}. It leaves bearer tokens of another form alone."
    return [checks.Warning("Service tokens can be created, but not used.", hint, id="secrets_app.W013")]


@register(Tags.security, deploy=True)
def password_attempts_are_limited(**_: Any) -> list[CheckMessage]:
    if api_settings.DEFAULT_THROTTLE_CLASSES or not any(issubclass(each, BasicAuthentication) for each in _classes()):
        return []
    hint = "Remove BasicAuthentication, which is one of DRF's defaults, or set DEFAULT_THROTTLE_CLASSES."
    return [checks.Warning("The API accepts passwords without limiting attempts.", hint, id="secrets_app.W014")]


def _load() -> bool:
    """Return whether the setting names authentication classes; E023 reports it, and the other checks say nothing."""
    try:
        return all(issubclass(each, BaseAuthentication) for each in conf.authentication_classes)
    except (ImportError, AttributeError, TypeError, ValueError):
        # `import_string` raises the last two for what is no dotted path.
        return False


def _classes() -> AuthenticationClasses:
    """Return the authentication classes of our views; none where they do not load."""
    return conf.authentication_classes if _load() else []
