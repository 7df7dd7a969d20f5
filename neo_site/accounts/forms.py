"""The forms of `allauth` whose doors this site guards."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account_forms
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.internal.userkit import filter_users_by_email
from allauth.core import context
from allauth.mfa.adapter import get_adapter as get_factor_adapter
from allauth.mfa.base import forms as factor_forms
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from neo_site.accounts.invitations import invited_email
from neo_site.accounts.resets import count_reset
from neo_site.accounts.second_factor import use_code
from neo_site.signin.errors import InvalidSecondFactor
from neo_site.signin.lockout import sign_in_attempt
from neo_site.signin.records import note_failure

MAX_NAME = 254
MAX_PASSWORD = 1024


class SignInForm(account_forms.LoginForm):  # type: ignore[misc]  # The library has no types.
    """Name or e-mail address, and password. A failed one does not come back with the password in it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login = self.fields["login"]
        login.label = _("User name or e-mail address")
        login.validators.append(MaxLengthValidator(MAX_NAME))
        login.widget.attrs |= {"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        self.fields["password"].validators.append(MaxLengthValidator(MAX_PASSWORD))


class ChangePasswordForm(account_forms.ChangePasswordForm):  # type: ignore[misc]
    """The present password is asked for through the lockout, or a thief of a session could guess it."""

    def clean_oldpassword(self) -> str:
        password = str(self.cleaned_data.get("oldpassword", ""))
        if not get_account_adapter().reauthenticate(self.user, password):
            raise get_account_adapter().validation_error("enter_current_password")
        return password


class ResetPasswordForm(account_forms.ResetPasswordForm):  # type: ignore[misc]
    """The address to which a link is mailed. The answer, and its time, tell nobody whether an account has it."""

    def clean_email(self) -> str:
        """Count the request, for its address and its client. Raises Throttled; looks nobody up."""
        address = str(self.cleaned_data["email"]).lower()
        count_reset(context.request, address)
        return address

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Leave the mail for after the answer."""
        request.neo_reset_address = self.cleaned_data["email"]  # type: ignore[attr-defined]
        return str(self.cleaned_data["email"])


class _GuardedCode:
    """A form whose field is a code of a second factor: a wrong one counts as a failed sign-in of its user."""

    user: Any
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        request, name, code = context.request, self.user.get_username(), str(self.cleaned_data["code"])
        with sign_in_attempt(request, name):
            self.authenticator = use_code(self.user, code)
            if self.authenticator is None:
                note_failure(request, name, InvalidSecondFactor())
                raise get_factor_adapter().validation_error("incorrect_code")
        self.authenticator.user = self.user
        return code


class CodeForm(_GuardedCode, factor_forms.AuthenticateForm):  # type: ignore[misc]
    """The code that sign-in asks for."""


class CodeAgainForm(_GuardedCode, factor_forms.ReauthenticateForm):  # type: ignore[misc]
    """The code that stands before a change of what protects the account."""


class SignUpForm(account_forms.SignupForm):  # type: ignore[misc]
    """A new account. Whoever was invited gets the invited address, which the invitation has proved, and no other."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invited = invited_email(context.request)
        if self.invited is not None:
            self.fields["email"] = forms.EmailField(label=_("E-mail address"), initial=self.invited, disabled=True)

    def clean_username(self) -> str:
        name = str(super().clean_username())
        if "@" in name:
            # It could be the address with which somebody else signs in.
            raise ValidationError(_("Choose a user name without @."))
        return name

    def clean_email(self) -> str:
        address = str(super().clean_email())
        if self.invited is not None and address != self.invited:
            # The library compares addresses by other rules of letter case than invitations do.
            raise ValidationError(_("This address cannot be used for an account. Ask to be invited by another one."))
        if self.invited is not None and filter_users_by_email(address):
            # Whoever has the invitation may know it.
            raise ValidationError(_("An account has this address already. Sign in with it, then accept."))
        return address

    def save(self, request: HttpRequest) -> Any:
        """Add the user. An address that nothing has proved yet is not that of the account, until it is verified."""
        user = super().save(request)
        if self.invited is None:
            user.email = ""
            user.save(update_fields=["email"])
        return user
