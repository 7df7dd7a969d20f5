"""Sets of secrets. Nothing here writes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from projects.actors import Actor
from secrets_app.conf import conf
from secrets_app.scopes import Scope

if TYPE_CHECKING:
    from secrets_app.models import Secret  # noqa: F401

EXPIRES_SOON = timedelta(days=14)
UNUSED_AFTER = timedelta(days=90)
IDLE_SINCE = Coalesce("last_used_at", "created_at")
"""When a secret was last used; of one that never was, when it was made. An index has just this."""


class SecretQuerySet(models.QuerySet["Secret"]):
    def visible_to(self, actor: Actor) -> SecretQuerySet:
        """A user's personal secrets and those of his projects, or of the one project that his token reaches.

        Staff and superusers see no others.
        """
        shared = Q(project_id__in=conf.membership_policy.project_ids(actor.user))
        if actor.limits is not None and actor.limits.project_id is not None:
            return self.filter(shared, project_id=actor.limits.project_id)
        return self.filter(Q(owner=actor.user) | shared)

    def expiring(self, *, within: timedelta) -> SecretQuerySet:
        """Not expired, and will be within this time from now."""
        now = timezone.now()
        return self.filter(expires_at__gt=now, expires_at__lte=now + within)

    def in_scope(self, scope: Scope) -> SecretQuerySet:
        return self.filter(**scope.columns)

    def expired(self) -> SecretQuerySet:
        return self.filter(expires_at__lte=timezone.now())

    def expiring_soon(self) -> SecretQuerySet:
        """Not expired, and will be within `EXPIRES_SOON`."""
        return self.expiring(within=EXPIRES_SOON)

    def unused(self) -> SecretQuerySet:
        """Neither used nor made within `UNUSED_AFTER`."""
        return self.alias(idle_since=IDLE_SINCE).filter(idle_since__lt=timezone.now() - UNUSED_AFTER)

    def quarantined(self) -> SecretQuerySet:
        return self.filter(is_quarantined=True)

    def too_short_to_mask(self) -> SecretQuerySet:
        return self.filter(is_maskable=False)
