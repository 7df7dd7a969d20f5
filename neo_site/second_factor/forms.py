from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_otp import devices_for_user
from django_otp.admin import OTPAdminAuthenticationForm
from django_otp.forms import OTPAuthenticationFormMixin
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from neo_site.signin.forms import GuardedSignIn

CODE = forms.PasswordInput(attrs={"autocomplete": "one-time-code"}, render_value=False)


class SecondFactorForm(GuardedSignIn, OTPAdminAuthenticationForm):  # type: ignore[misc]  # The library has no types.
    """Name, password and code in one step. The page of a failed attempt returns neither password nor code."""

    otp_token = forms.CharField(required=False, widget=CODE)
    otp_error_messages = {
        **OTPAuthenticationFormMixin.otp_error_messages,
        "device_required": _(
            "This account has no device for this code. Ask an operator to add one (manage.py add_totp)."
        ),
    }

    def clean_otp(self, user: Any) -> None:
        code = str(self.cleaned_data.get("otp_token") or "")
        if user is not None:
            self.cleaned_data["otp_device"] = self.cleaned_data.get("otp_device") or _device_for(user, code)
        try:
            super().clean_otp(user)
        finally:
            # The library would return the password in the page, to ask for a device in a second step.
            self.fields["password"].widget.render_value = False


def _device_for(user: Any, code: str) -> str:
    """Return the id of the user's device for codes of this form, so that a wrong code counts against no other."""
    kind = TOTPDevice if code.isdecimal() else StaticDevice
    return next((str(device.persistent_id) for device in devices_for_user(user) if isinstance(device, kind)), "")
