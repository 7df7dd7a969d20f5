"""Passwords of users: their own, and those that somebody else set."""

from __future__ import annotations

from typing import Any

from neo_base.access.actors import UNKNOWN_ORIGIN, Actor, Origin
from neo_base.audit.subjects import Subject
from neo_base.transactions import atomic
from neo_site.accounts.models import PasswordToChange
from secrets_app.actions.credentials import lock_users
from secrets_app.audit.recording import record
from secrets_app.owners import Owner

SESSION_KEY = "neo_password_to_change"
"""Set in a session of Django's whose user has to choose a password before anything else."""


@atomic
def choose_password(*, user: Any, password: str, by: str, origin: Origin = UNKNOWN_ORIGIN) -> None:
    """Set the password that `user` has chosen, which ends what the former one allowed; `by` says how, as a word.

    The caller has checked who it is, and the password by the validators.
    """
    lock_users([user.pk])
    user.set_password(password)
    user.save(update_fields=["password"])
    PasswordToChange.objects.filter(user=user).delete()
    actor = Actor.from_user(user, origin=origin)
    record("password.changed", actor=actor, subject=Subject.of_user(user), owner=Owner(user_id=user.pk), by=by)


@atomic
def require_change(user: Any) -> None:
    """Note that somebody else set the password of `user`."""
    PasswordToChange.objects.get_or_create(user=user)


def must_change(user: Any) -> bool:
    """Return whether `user` has to choose a password of their own first. Costs one query."""
    return PasswordToChange.objects.filter(user=user).exists()
