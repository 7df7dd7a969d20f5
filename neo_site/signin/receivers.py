"""Receivers of changes to accounts, which end sessions."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from neo_base.access.actors import Actor
from neo_base.access.changes import password_changed, user_deactivated
from neo_site.signin.actions import forget_approvals, revoke_sessions
from neo_site.signin.models import Session
from secrets_app.actions.credentials import EndReason


@receiver(password_changed, dispatch_uid="neo_site.signin.end_for_password")
def end_for_password(*, user: Any, **_: Any) -> None:
    """End the sessions of a user who has another password."""
    _end_sessions(user, EndReason.PASSWORD_CHANGED)


@receiver(user_deactivated, dispatch_uid="neo_site.signin.end_for_deactivation")
def end_for_deactivation(*, user: Any, **_: Any) -> None:
    """End the sessions of a user, so that none comes back when the account is activated again."""
    _end_sessions(user, EndReason.USER_DEACTIVATED)


def _end_sessions(user: Any, reason: EndReason) -> None:
    forget_approvals(user)
    revoke_sessions(sessions=Session.objects.filter(user=user), actor=Actor.system(), reason=reason)
