"""The errors of the API of accounts."""

from __future__ import annotations

from rest_framework.exceptions import PermissionDenied

from neo_base.rest.errors import AttemptFacts, Conflict


class WrongPassword(AttemptFacts, PermissionDenied):
    """403: the current password is wrong. The caller stays signed in; the attempt counts as a failed sign-in."""

    default_detail = "The current password is wrong. Nothing was changed."
    default_code = "wrong_password"
    is_recorded = True
    """True, because Django announces the failure, and `signin/records.py` notes it."""


class SignInAgain(AttemptFacts, PermissionDenied):
    """403: the user signed in too long ago for this."""

    default_detail = "Changing the e-mail address needs a recent sign-in. Sign in again, then repeat the request."
    default_code = "sign_in_again"


class EmailOff(Conflict):
    """409: the site sends no mail, so that nobody can prove an address."""

    default_detail = "This site sends no e-mail, so it cannot verify an address. Ask an operator to change it."
    default_code = "email_off"


class EmailRefused(Conflict):
    """409: the address is the account's own already."""

    default_detail = "The address cannot be added: the account has it already. Nothing was changed."
    default_code = "email_taken"
