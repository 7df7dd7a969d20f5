"""Receivers of signals. The user model belongs to the site, so only a signal tells of its deletions."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Model, ProtectedError, QuerySet
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext

from projects.models import Membership, Project


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
