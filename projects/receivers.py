"""Receivers of signals. The user model belongs to the site, so only a signal tells of its deletions."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Model, ProtectedError, QuerySet
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext

from neo_base.access.actors import Actor
from neo_base.access.changes import user_deactivated
from projects.actions import revoke_invitations
from projects.models import Invitation, Membership, Project


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL, dispatch_uid="projects.keep_one_admin")
def keep_one_admin(sender: type, instance: Any, origin: Any = None, **_: Any) -> None:
    """Raise ProtectedError if a project would have no admin without these users, who are checked together."""
    if Project._meta.swapped:
        return
    users = origin if isinstance(origin, QuerySet) and origin.model is sender else [instance]
    blocking: set[Model] = set(Membership.objects.last_admins(users))
    if blocking:
        sentence = gettext("The user is the only admin of a project. Make another member admin first.")
        raise ProtectedError(sentence, blocking)


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL, dispatch_uid="projects.end_invitations_of_deleted")
def end_invitations_of_deleted(sender: type, instance: Any, **_: Any) -> None:
    """Revoke the open invitations of a user who is about to be deleted. Nobody answers for them any more."""
    _end_invitations_by(instance)


@receiver(user_deactivated, dispatch_uid="projects.end_invitations_of_inactive")
def end_invitations_of_inactive(*, user: Any, **_: Any) -> None:
    """Revoke the open invitations of a user who was deactivated, so that none comes back with them."""
    _end_invitations_by(user)


def _end_invitations_by(user: Any) -> None:
    if not Project._meta.swapped:
        revoke_invitations(actor=Actor.system(), invitations=Invitation.objects.filter(invited_by=user))
