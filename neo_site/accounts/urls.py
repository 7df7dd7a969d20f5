"""The pages of accounts, to be included under `accounts/`.

Those of `allauth` are listed one by one: this site has no sign-in by mailed codes and no reset by them. Their modules
are imported with the first request, since what WebAuthn needs would make each start longer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, re_path
from django.utils.module_loading import import_string

from neo_base.page_transactions import begun_again
from neo_site.accounts import devices, pages

View = Callable[..., HttpResponseBase]


def _page(route: str, view: str | View, name: str) -> URLPattern:
    """Return the route of a page that no browser and no proxy keeps; `view` may be a name in `allauth`."""
    return path(route, _not_stored(_later(view) if isinstance(view, str) else view), name=name)


def _form(route: str, view: str, name: str) -> URLPattern:
    """Return the route of a page in `allauth` that changes several rows: all of them or none, and begun again."""
    return path(route, _not_stored(begun_again(transaction.atomic(_later(view)))), name=name)


def _later(name: str) -> View:
    found = cache(import_string)

    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return found(f"allauth.{name}")(request, *args, **kwargs)  # type: ignore[no-any-return]

    return view


def _not_stored(view: View) -> View:
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    return answer


OPENID = "socialaccount.providers.openid_connect.views"
KEYS = "2fa/webauthn/keys/<int:pk>"
RESET_KEY = r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"
CONFIRM_KEY = r"^confirm-email/(?P<key>[-:\w]+)/$"

urlpatterns = [
    _page("", pages.index, "account_settings"),
    _page("login/", "account.views.login", "account_login"),
    _page("logout/", "account.views.logout", "account_logout"),
    _page("inactive/", "account.views.account_inactive", "account_inactive"),
    _page("signup/", "account.views.signup", "account_signup"),
    _page("reauthenticate/", "account.views.reauthenticate", "account_reauthenticate"),
    _form("email/", "account.views.email", "account_email"),
    _page("confirm-email/", "account.views.email_verification_sent", "account_email_verification_sent"),
    re_path(CONFIRM_KEY, _not_stored(_later("account.views.confirm_email")), name="account_confirm_email"),
    _page("password/change/", pages.change_password, "account_change_password"),
    _page("password/set/", "account.views.password_set", "account_set_password"),
    _page("password/reset/", pages.reset_password, "account_reset_password"),
    _page("password/reset/done/", "account.views.password_reset_done", "account_reset_password_done"),
    _page(
        "password/reset/key/done/",
        "account.views.password_reset_from_key_done",
        "account_reset_password_from_key_done",
    ),
    re_path(RESET_KEY, _not_stored(pages.choose_password_by_link), name="account_reset_password_from_key"),
    _page("2fa/", "mfa.base.views.index", "mfa_index"),
    _page("2fa/authenticate/", "mfa.base.views.authenticate", "mfa_authenticate"),
    _page("2fa/reauthenticate/", "mfa.base.views.reauthenticate", "mfa_reauthenticate"),
    _form("2fa/totp/activate/", "mfa.totp.views.activate_totp", "mfa_activate_totp"),
    _form("2fa/totp/deactivate/", "mfa.totp.views.deactivate_totp", "mfa_deactivate_totp"),
    _page("2fa/recovery-codes/", "mfa.recovery_codes.views.view_recovery_codes", "mfa_view_recovery_codes"),
    _form(
        "2fa/recovery-codes/generate/",
        "mfa.recovery_codes.views.generate_recovery_codes",
        "mfa_generate_recovery_codes",
    ),
    _page(
        "2fa/recovery-codes/download/",
        "mfa.recovery_codes.views.download_recovery_codes",
        "mfa_download_recovery_codes",
    ),
    _page("2fa/webauthn/", "mfa.webauthn.views.list_webauthn", "mfa_list_webauthn"),
    _form("2fa/webauthn/add/", "mfa.webauthn.views.add_webauthn", "mfa_add_webauthn"),
    _page("2fa/webauthn/login/", "mfa.webauthn.views.login_webauthn", "mfa_login_webauthn"),
    _page("2fa/webauthn/reauthenticate/", "mfa.webauthn.views.reauthenticate_webauthn", "mfa_reauthenticate_webauthn"),
    _form(f"{KEYS}/remove/", "mfa.webauthn.views.remove_webauthn", "mfa_remove_webauthn"),
    _form(f"{KEYS}/edit/", "mfa.webauthn.views.edit_webauthn", "mfa_edit_webauthn"),
    _page("sessions/", pages.sessions, "usersessions_list"),
    _page("device/", devices.device, "account_device"),
    _page("oidc/cancelled/", "socialaccount.views.login_cancelled", "socialaccount_login_cancelled"),
    _page("oidc/error/", "socialaccount.views.login_error", "socialaccount_login_error"),
    # 404 where no such provider is configured.
    _page("oidc/<str:provider_id>/login/", f"{OPENID}.login", "openid_connect_login"),
    _page("oidc/<str:provider_id>/login/callback/", f"{OPENID}.callback", "openid_connect_callback"),
]
