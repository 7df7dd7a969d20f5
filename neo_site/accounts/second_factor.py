"""The second factor of a user: whether there is one, and codes that each work once.

`allauth` remembers used codes in the cache, where they are forgotten with it, and which processes may not share. Here a
code is used in the database, under the lock of its user's row.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt

from neo_base.transactions import atomic
from neo_site.accounts.factor_keys import seal_at_rest
from secrets_app.actions.credentials import lock_users

Type = Authenticator.Type
FACTORS = (Type.TOTP, Type.WEBAUTHN)
"""What makes sign-in ask for more than a password. Recovery codes stand in for one of these."""


def has_second_factor(user: Any) -> bool:
    """Return whether sign-in asks this user for a second factor. Costs one query."""
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


@atomic
def use_code(user: Any, code: str) -> Authenticator | None:
    """Return the authenticator that `code` is from, and use it up; None for a wrong code or a used one.

    Of any number of requests with one code, in whatever process, one gets the authenticator. Costs three to five
    queries; one more for each key that is still in the clear, to seal it.
    """
    lock_users([user.pk])
    for authenticator in Authenticator.objects.filter(user=user).exclude(type=Type.WEBAUTHN).order_by("-type"):
        seal_at_rest(authenticator)
        if _use_totp(authenticator, code) if authenticator.type == Type.TOTP else _use_recovery(authenticator, code):
            return authenticator
    return None


def _use_totp(authenticator: Authenticator, code: str) -> bool:
    """Use a code of an authenticator application. Neither it nor an earlier one works again (RFC 6238, 5.2)."""
    from allauth.core.internal.cryptokit import compare_user_code
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    key = decrypt(authenticator.data["secret"])
    steps = [
        step
        for step in yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(key, step)))
    ]
    if not steps or steps[-1] <= authenticator.data.get("last_step", 0):
        return False
    authenticator.data["last_step"] = steps[-1]
    authenticator.save(update_fields=["data"])
    return True


def _use_recovery(authenticator: Authenticator, code: str) -> bool:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    return bool(RecoveryCodes(authenticator).validate_code(code))
