"""Second factors in the admin, to view and to remove. The library's own pages show keys and search for them."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest

from neo_base.admin.action_admin import ShowsRefusals
from neo_base.admin.changelists import BoundedInput

# What the settings say of an identity provider is all: a row in its table would be another one, past their checks.
admin.site.unregister([Authenticator, EmailAddress, UserSession, SocialAccount, SocialApp, SocialToken])


@admin.register(Authenticator)
class FactorAdmin(ShowsRefusals, BoundedInput):
    """Factors with their users and last uses. Users add their own; whoever has lost one asks for its removal."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    fields = ["user", "type", "created_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = [f"user__{get_user_model().USERNAME_FIELD}"]
    ordering = ["-created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
