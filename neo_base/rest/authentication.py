"""The credentials that our views accept: one list for all of them, which the other views of the site do not get."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from rest_framework.authentication import BaseAuthentication
from rest_framework.settings import api_settings

AuthenticationClasses = Sequence[type[BaseAuthentication]]


def host_classes() -> AuthenticationClasses:
    """Return the authentication classes in the site's `REST_FRAMEWORK`, those of its own views."""
    return cast(AuthenticationClasses, list(cast(Any, api_settings.DEFAULT_AUTHENTICATION_CLASSES)))


class AcceptedCredentials:
    """The authentication classes of our views. An app that issues tokens sets them in `ready()`; the site's until then.

    As a class attribute of a view, it reads as the list itself, which follows the settings at each request.
    """

    def __init__(self) -> None:
        self._read: Callable[[], AuthenticationClasses] = host_classes

    def come_from(self, read: Callable[[], AuthenticationClasses]) -> None:
        """Let `read`, which is called at each request, return the list from now on."""
        self._read = read

    def __get__(self, view: object, view_class: type | None = None) -> AuthenticationClasses:
        return self._read()


accepted_credentials = AcceptedCredentials()
