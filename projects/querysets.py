"""Sets of projects, memberships and invitations. Nothing here writes."""

from __future__ import annotations

import functools
import operator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models
from django.db.models import Case, F, FilteredRelation, Q, Value, When
from django.utils import timezone

from neo_base.access.accounts import can_be_inactive, is_active
from neo_base.access.roles import Role
from projects.conf import conf

if TYPE_CHECKING:
    from projects.models import Invitation, Membership, Project  # noqa: F401

UNANSWERED = Q(accepted_at=None, declined_at=None, revoked_at=None)


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: Any) -> ProjectQuerySet:
        """Those that `user` belongs to, each with his role as `role`; staff and superusers see no others.

        Where the site's settings give the team a role, also those shared with it; the higher of two roles counts.
        """
        team_role = conf.team_role
        if team_role is None or not is_active(user):
            return self.filter(memberships__user=user).annotate(role=F("memberships__role"))
        lower_roles = Role.values[: Role.values.index(team_role)]
        own = FilteredRelation("memberships", condition=Q(memberships__user=user))
        shared_role = When(
            Q(own__role=None) | Q(own__role__in=lower_roles), shared_with_team=True, then=Value(team_role)
        )
        return (
            self.alias(own=own)
            .filter(Q(own__role__isnull=False) | Q(shared_with_team=True))
            .annotate(role=Case(shared_role, default=F("own__role")))
        )


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of_project(self, project_id: UUID) -> MembershipQuerySet:
        return self.filter(project_id=project_id)

    def admins(self) -> MembershipQuerySet:
        return self.filter(role=Role.ADMIN)

    def able_to_sign_in(self) -> MembershipQuerySet:
        return self.filter(user__is_active=True) if can_be_inactive() else self

    def last_admins(self, users: models.QuerySet[Any] | list[Any]) -> MembershipQuerySet:
        """The memberships of `users` without which a project has no admin left who can sign in."""
        others = self.model._default_manager.filter(project_id=models.OuterRef("project_id"), role=Role.ADMIN)
        if can_be_inactive():
            others = others.filter(user__is_active=True)
        return self.admins().filter(user__in=users).exclude(models.Exists(others.exclude(user__in=users).values("pk")))


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def ended(self, *, before: datetime) -> InvitationQuerySet:
        """Answered, revoked or expired since `before`."""
        ends = ("accepted_at", "declined_at", "revoked_at", "expires_at")
        return self.filter(functools.reduce(operator.or_, (Q(**{f"{end}__lt": before}) for end in ends)))

    def of_project(self, project_id: UUID) -> InvitationQuerySet:
        return self.filter(project_id=project_id)

    def unanswered(self) -> InvitationQuerySet:
        """Neither accepted nor declined nor revoked; some may have expired."""
        return self.filter(UNANSWERED)

    def live(self) -> InvitationQuerySet:
        """Those that can be accepted now."""
        return self.unanswered().filter(expires_at__gt=timezone.now())
