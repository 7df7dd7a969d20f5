"""Signing in at the admin, as far as Django does not tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from neo_site.signin.errors import InvalidCredentials
from neo_site.signin.records import note_failure

if TYPE_CHECKING:
    _Form = AdminAuthenticationForm
else:
    _Form = object


class RecordsRefusals(_Form):
    """Of a right password that does not suffice, for want of the staff flag or of a code, nothing else is told."""

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except ValidationError:
            if self.request is not None and self.get_user() is not None:
                note_failure(self.request, str(self.cleaned_data.get("username") or ""), InvalidCredentials())
            raise


class SignInForm(RecordsRefusals, AdminAuthenticationForm):
    pass
