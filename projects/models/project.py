"""Projects: groups of people who share secrets."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Case, Count, F, FilteredRelation, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from neo_base.access.accounts import is_active
from neo_base.access.roles import Role
from neo_base.audit.subjects import Subject
from projects.conf import conf

MAX_NAME_LENGTH = 128
MAX_SETTINGS_LENGTH = 35_000


DEFAULT_ORDER = "name"
ORDERS = ("name", "created_at", "updated_at")
"""The columns by which lists can be sorted; a `-` in front reverses the order."""


class ProjectQuerySet(models.QuerySet["Project"]):
    """A set of projects."""

    def matching(self, text: str) -> ProjectQuerySet:
        """Return the projects with `text` in their name, in whatever case; all for an empty text."""
        return self.filter(name__icontains=text) if text else self

    def sorted_by(self, ordering: str) -> ProjectQuerySet:
        """Sort by one of `ORDERS`, or by it in reverse after a `-`; then by id, so that pages do not overlap."""
        return self.order_by(ordering, "id")

    def with_people(self) -> ProjectQuerySet:
        """Annotate `member_count`, and `owner_id` and `owner_email` of the owner, if there is one.

        The owner is the admin who has been a member for the longest time and can sign in. No right depends on it.
        """
        memberships = apps.get_model("projects", "Membership")._default_manager.filter(project=OuterRef("pk"))
        owners = memberships.admins().able_to_sign_in().order_by("joined_at", "id")
        email = get_user_model().get_email_field_name()
        has_email = any(field.name == email for field in get_user_model()._meta.get_fields())
        count = memberships.order_by().values("project").annotate(number=Count("pk")).values("number")
        return self.annotate(
            member_count=Coalesce(Subquery(count), 0),
            owner_id=Subquery(owners.values("user")[:1]),
            owner_email=Coalesce(Subquery(owners.values(f"user__{email}")[:1]), Value("")) if has_email else Value(""),
        )

    def visible_to(self, user: Any) -> ProjectQuerySet:
        """Return the projects that `user` belongs to, annotated with their `role`; staff and superusers see no others.

        If the site's settings give the team a role, projects shared with the team are included. Of two roles, the
        higher one counts.
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


class Project(models.Model):
    """A group of people who share secrets. Sites with their own project model replace this one."""

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=MAX_NAME_LENGTH, blank=True)
    settings_md = models.TextField(_("settings (Markdown)"), max_length=MAX_SETTINGS_LENGTH, blank=True)
    tags = models.JSONField(_("tags"), default=list, blank=True)
    shared_with_team = models.BooleanField(
        _("shared with the team"),
        default=False,
        help_text=_("Gives every active user of the site the team role. No effect if the site's settings name none."),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now, editable=False)

    objects: ClassVar[ProjectQuerySet] = ProjectQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        swappable = "SECRETS_APP_PROJECT_MODEL"
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name or str(self.id)

    @property
    def subject(self) -> Subject:
        """The project in the audit log."""
        return Subject("project", str(self.pk), self.name)
