"""Readers of plain values: text, numbers, switches, lists."""

from __future__ import annotations

import re

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

ON = ("true", "yes", "on", "1")
OFF = ("false", "no", "off", "0")


def text(env: FileAwareEnv, name: str) -> str:
    """Return a setting without the blanks around it; empty when it is not set."""
    return str(env.str(name, default="")).strip()


def whole_number(env: FileAwareEnv, name: str, *, default: int) -> int:
    """Return a whole number of at most nine digits."""
    digits = text(env, name)
    if digits and not re.fullmatch(r"[0-9]{1,9}", digits):
        raise ImproperlyConfigured(f"{name} must be a whole number.")
    return int(digits) if digits else default


def whole_number_or_off(env: FileAwareEnv, name: str, *, default: int) -> int | None:
    """Return a whole number, or None for `off`."""
    return None if text(env, name).lower() == "off" else whole_number(env, name, default=default)


def megabytes(env: FileAwareEnv, name: str, *, default: int) -> int | None:
    """Return the bytes of a whole number of megabytes; None for 0, which means without limit."""
    return whole_number(env, name, default=default) * 1_000_000 or None


def switch(env: FileAwareEnv, name: str, *, default: bool) -> bool:
    """Return whether a setting is on. A mistyped word is refused, because it would silently mean off."""
    word = text(env, name).lower()
    if word not in ("", *ON, *OFF):
        raise ImproperlyConfigured(f"{name} must be true or false.")
    return word in ON if word else default


def names(env: FileAwareEnv, name: str, *, default: list[str]) -> list[str]:
    """Return the entries of a comma-separated list, without the blanks and line ends around them."""
    return [entry.strip() for entry in env.list(name, default=default) if entry.strip()]
