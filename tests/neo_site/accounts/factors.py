"""Second factors of the tests' users, and the codes that an application would show."""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def add_totp(user: Any, key: str = KEY) -> None:
    TOTP.activate(user, key)


def recovery_codes(user: Any) -> list[str]:
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    return codes


def code(steps: int = 0, key: str = KEY) -> str:
    """The code of now, or of so many steps of 30 seconds later."""
    return str(format_hotp_value(hotp_value(key, int(time.time()) // 30 + steps)))
