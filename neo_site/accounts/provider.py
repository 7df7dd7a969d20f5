"""Sign-in at the pages by the identity provider, where one is configured with a client of its own for that.

Whose account it is, is decided at each sign-in by the same claim as at the API; the library's table of links between
accounts here and there stays empty.
"""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render

from neo_site.configuration.identity import IdentityProvider
from neo_site.signin.errors import InvalidToken
from neo_site.signin.identity_provider import user_named_by
from neo_site.signin.records import note_failure


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # The library has no types.
    """Signs in users whom the site has, and makes none."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Set the user whom the provider names; answer with a page where there is none."""
        sociallogin.state["process"] = "login"
        told = sociallogin.account.extra_data
        claims = {**(told.get("userinfo") or {}), **(told.get("id_token") or {})}
        try:
            sociallogin.user = _user(claims)
        except InvalidToken as error:
            note_failure(request, "", error)
            page = render(request, "socialaccount/no_account.html", status=403)
            raise ImmediateHttpResponse(page) from None

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False


def _user(claims: dict[str, Any]) -> Any:
    provider: IdentityProvider | None = settings.IDENTITY_PROVIDER
    if provider is None:
        raise InvalidToken
    return user_named_by(claims, provider)
