from __future__ import annotations

from django_otp.admin import OTPAdminSite

from neo_site.second_factor.forms import SecondFactorForm


class SecondFactorAdminSite(OTPAdminSite):  # type: ignore[misc]  # The library has no types.
    """Lets in who is staff and has given, in this browser session, a code of a device of his."""

    login_form = SecondFactorForm

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
