"""The sign-in form of the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from neo_site.signin.errors import InvalidCredentials
from neo_site.signin.lockout import sign_in_attempt
from neo_site.signin.records import note_failure

if TYPE_CHECKING:
    _Form = AdminAuthenticationForm
else:
    _Form = object


class GuardedSignIn(_Form):
    """A form for user name and password whose attempts the lockout counts and the audit log gets to know.

    Put it in front of Django's form or of a subclass, whose checks then all belong to the attempt: a right password
    without the staff flag or the one-time code is a failure like any other.
    """

    def clean(self) -> dict[str, Any]:
        """Check the attempt. Raises ValidationError, and as `sign_in_attempt` does where it has to wait."""
        request, name = self.request, self.cleaned_data.get("username")
        if request is None:
            raise TypeError("This form needs the request, whose client address is counted.")
        if name is None or not self.cleaned_data.get("password"):
            # Django checks no password then, so that there is no attempt to count.
            return super().clean()
        with sign_in_attempt(request, name):
            try:
                return super().clean()
            except ValidationError:
                # Django announces a wrong password, and nothing of a right one that is not enough.
                if self.get_user() is not None:
                    note_failure(request, name, InvalidCredentials())
                raise


class SignInForm(GuardedSignIn, AdminAuthenticationForm):
    """The form of an admin without a second factor."""
