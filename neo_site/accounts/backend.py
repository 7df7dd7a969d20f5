"""The one backend that checks passwords, for every door: the pages, the admin, the API."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from neo_site.signin.user_names import user_named


class NameOrEmailBackend(ModelBackend):
    """Signs in by user name or by the user's own verified e-mail address.

    `allauth` brings such a backend, which hashes the password twice for some names; here each attempt costs one hash,
    whether or not there is such a user.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        if username is None or password is None:
            return None
        user = user_named(username)
        if user is None:
            get_user_model()().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
