from __future__ import annotations

from django_otp.admin import OTPAdminSite

from neo_site.second_factor.forms import SecondFactorForm


class SecondFactorAdminSite(OTPAdminSite):  # type: ignore[misc]  # The library has no types.
    """The admin site for staff who have given a code of one of their devices in this browser session."""

    login_form = SecondFactorForm

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
