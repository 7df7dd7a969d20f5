"""Receivers of what ends credentials: signing out, and changes that take access away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from neo_base.access.actors import Actor, Origin
from neo_base.access.changes import access_reduced, membership_ended, password_changed, user_deactivated
from secrets_app.actions.credentials import (
    EndReason,
    end_membership,
    end_service_tokens,
    end_session_grants,
    end_sessions,
    end_what_exceeds_roles,
)


@receiver(user_logged_out, dispatch_uid="secrets_app.end_cookie_session")
def end_cookie_session(*, request: Any = None, user: Any = None, **_: Any) -> None:
    """End the grants of a cookie session whose user signs out."""
    if request is None or user is None:
        return
    origin = Origin.of(request)
    if origin.credential.id:
        end_sessions(actor=Actor.from_user(user, origin=origin), sessions=[(user.pk, origin.credential)])


@receiver(password_changed, dispatch_uid="secrets_app.end_for_password")
def end_for_password(*, user: Any, **_: Any) -> None:
    """End the grants that were made in sessions. Service tokens live on: machines have no password."""
    end_session_grants(actor=Actor.system(), user_id=user.pk, reason=EndReason.PASSWORD_CHANGED)


@receiver(user_deactivated, dispatch_uid="secrets_app.end_for_deactivation")
def end_for_deactivation(*, user: Any, **_: Any) -> None:
    """End all grants and service tokens, so that none comes back with the user."""
    end_service_tokens(actor=Actor.system(), user_id=user.pk, reason=EndReason.USER_DEACTIVATED)
    end_session_grants(actor=Actor.system(), user_id=user.pk, reason=EndReason.USER_DEACTIVATED)


@receiver(membership_ended, dispatch_uid="secrets_app.end_for_membership")
def end_for_membership(*, user_id: Any, project_id: UUID, actor: Actor, **_: Any) -> None:
    """End the grants in the project, and the service tokens that are limited to it."""
    end_membership(actor=actor, user_id=user_id, project_id=project_id)


@receiver(access_reduced, dispatch_uid="secrets_app.end_for_role")
def end_for_role(*, user_id: Any, project_id: UUID, actor: Actor, **_: Any) -> None:
    """End what the roles that are left do not allow."""
    end_what_exceeds_roles(actor=actor, project_id=project_id, user_id=user_id)
