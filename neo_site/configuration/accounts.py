"""Accounts of people: the settings of `django-allauth`."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.identity import IdentityProvider, PagesClient
from neo_site.configuration.readers import text

SIGN_UP = ("invited", "open")


def sign_up(env: FileAwareEnv) -> str:
    """Return who may make an account: those who were invited, or everybody."""
    who = text(env, "NEO_SIGN_UP").lower() or SIGN_UP[0]
    if who not in SIGN_UP:
        raise ImproperlyConfigured(f"NEO_SIGN_UP must be one of: {', '.join(SIGN_UP)}.")
    return who


def providers(provider: IdentityProvider | None, client: PagesClient | None) -> dict[str, Any]:
    """Return the identity provider as the library takes it, for sign-in at the pages; nothing without a client."""
    if provider is None or client is None:
        return {}
    app = {
        "provider_id": "provider",
        "name": client.name,
        "client_id": client.client_id,
        "secret": client.secret,
        "settings": {"server_url": provider.issuer, "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"APPS": [app]}}


def allauth(*, https: bool, development: bool, sign_up: str) -> dict[str, Any]:
    """Return the settings of the library.

    Its own rate limits are off. They count in the cache by reading, adding and writing back, under locks that time out;
    and they would be a second count beside that of `neo_site/signin/lockout.py`, with other rules for the same door.
    """
    return {
        "SOCIALACCOUNT_ADAPTER": "neo_site.accounts.provider.ProviderAdapter",
        "SOCIALACCOUNT_EMAIL_VERIFICATION": "none",
        # A form that is sent to the provider by way of this site would break the policy of the pages.
        "SOCIALACCOUNT_LOGIN_ON_GET": True,
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "ACCOUNT_ADAPTER": "neo_site.accounts.adapter.AccountAdapter",
        "ACCOUNT_FORMS": {
            "login": "neo_site.accounts.forms.SignInForm",
            "signup": "neo_site.accounts.forms.SignUpForm",
            "change_password": "neo_site.accounts.forms.ChangePasswordForm",
            "reset_password": "neo_site.accounts.forms.ResetPasswordForm",
        },
        "ACCOUNT_LOGIN_METHODS": {"username", "email"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "email*", "password1*", "password2*"],
        "ACCOUNT_UNIQUE_EMAIL": True,
        # No page tells whether an account has an address; several may wait for the same one, and one can verify it.
        "ACCOUNT_PREVENT_ENUMERATION": "strict",
        # An unverified address has no power here, so that sign-in need not wait for it: see `AccountAdapter`.
        "ACCOUNT_EMAIL_VERIFICATION": "optional" if sign_up == "open" else "none",
        "ACCOUNT_CHANGE_EMAIL": True,
        "ACCOUNT_EMAIL_SUBJECT_PREFIX": "",
        "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,
        "ACCOUNT_EMAIL_NOTIFICATIONS": True,
        "ACCOUNT_DEFAULT_HTTP_PROTOCOL": "https" if https else "http",
        "ACCOUNT_SESSION_REMEMBER": True,
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
        # Not by a code in a mail: it would reach whoever reads the mailbox.
        "ACCOUNT_REAUTHENTICATION_METHODS": ("password", "mfa"),
        "ACCOUNT_RATE_LIMITS": False,
        "MFA_ADAPTER": "neo_site.accounts.adapter.FactorAdapter",
        "MFA_FORMS": {
            "authenticate": "neo_site.accounts.forms.CodeForm",
            "reauthenticate": "neo_site.accounts.forms.CodeAgainForm",
        },
        "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes", "webauthn"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_TOTP_ISSUER": "Neo Secrets",
        # One step of 30 seconds before and after, for clocks that differ.
        "MFA_TOTP_TOLERANCE": 1,
        "MFA_ALLOW_UNVERIFIED_EMAIL": True,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": development,
        "MFA_RATE_LIMITS": False,
        "USERSESSIONS_ADAPTER": "neo_site.accounts.adapter.SessionsAdapter",
        "ACCOUNT_LOGOUT_REDIRECT_URL": "account_login",
    }
