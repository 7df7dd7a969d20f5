"""Receivers of changes to accounts, which end sessions."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from neo_base.access.actors import Actor
from neo_base.access.changes import password_changed, user_deactivated
from neo_site.signin.actions import revoke_sessions
from neo_site.signin.models import Session


@receiver([password_changed, user_deactivated], dispatch_uid="neo_site.signin.end_sessions")
def end_sessions(*, user: Any, **_: Any) -> None:
    """End the sessions of a user, so that none comes back with an account that is activated again."""
    revoke_sessions(sessions=Session.objects.filter(user=user), actor=Actor.system())
