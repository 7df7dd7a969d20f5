"""Changes that take access away, announced inside the transaction in which they happen.

Receivers end what the access allowed, and one that fails undoes the change. The sender is None.

password_changed   user (with the new password)
user_deactivated   user
membership_ended   user_id, project_id, actor
access_reduced     user_id (None: anybody's), project_id, actor (a role was lowered, or sharing with the team ended)

The first two come from `save()` of the user model, so `QuerySet.update()` announces nothing; and a save outside of
transactions is committed before they are sent. The other two come from whoever keeps memberships.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db.models.signals import post_save, pre_save
from django.dispatch import Signal, receiver

from neo_base.access.accounts import is_active

password_changed = Signal()
user_deactivated = Signal()
membership_ended = Signal()
access_reduced = Signal()

WATCHED = ("password", "is_active")
FORMER = "_neo_former"


@receiver(pre_save, sender=settings.AUTH_USER_MODEL, dispatch_uid="neo_base.remember_account")
def remember_account(
    *, sender: Any, instance: Any, raw: bool = False, update_fields: Collection[str] | None = None, **_: Any
) -> None:
    """Keep what is stored of a user whose password or activity may be about to change. Costs one query then."""
    columns = [field.name for field in sender._meta.concrete_fields if field.name in WATCHED]
    may_change = update_fields is None or not set(update_fields).isdisjoint(columns)
    known = None
    if may_change and not raw and not instance._state.adding:
        known = sender._base_manager.filter(pk=instance.pk).only("pk", *columns).first()
    setattr(instance, FORMER, known)


@receiver(post_save, sender=settings.AUTH_USER_MODEL, dispatch_uid="neo_base.announce_account")
def announce_account(*, instance: Any, update_fields: Collection[str] | None = None, **_: Any) -> None:
    """Announce that a user was deactivated, or has another password: also for a new hash of the same one, which ends
    sessions too."""
    former = instance.__dict__.pop(FORMER, None)
    if former is None:
        return
    if _is_saved("is_active", update_fields) and is_active(former) and not is_active(instance):
        user_deactivated.send(sender=None, user=instance)
    if _is_saved("password", update_fields) and former.password != instance.password:
        password_changed.send(sender=None, user=instance)


def _is_saved(column: str, update_fields: Collection[str] | None) -> bool:
    return update_fields is None or column in update_fields
