"""Task grants: which secrets one task may see, and for how long; and the names that a thread remembers."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from neo_base.access.actors import Actor, Credential, Limits
from neo_base.audit.subjects import Subject
from secrets_app.models.granted_set import Granted, GrantedSet, OmittedJSON
from secrets_app.models.parents import MadeByCredential
from secrets_app.models.project import PROJECT_FIELD, PROJECT_MODEL
from secrets_app.models.secret import MAX_NAME_LENGTH, Secret
from secrets_app.models.token import ServiceToken
from secrets_app.owners import Owner

MAX_TASK_ID_LENGTH = 128


class TaskScope(models.TextChoices):
    """What a task may do beyond reading its environment."""

    CREATE_SECRETS = "secrets:create"


class OwnerKind(models.TextChoices):
    """The owner of a task's secret: the grantor, for a personal secret, or the project."""

    PERSONAL = "personal", _("Personal")
    PROJECT = "project", _("Project")


class Reason(models.TextChoices):
    """Why a task sees a secret."""

    DEFAULT = "default", _("Default")
    SELECTED = "selected", _("Selected")
    REMEMBERED = "remembered", _("Remembered")
    CREATED = "created", _("Created")


class Omission(models.TextChoices):
    """Why a task does not see a secret that it would otherwise see."""

    SHADOWED = "shadowed"
    EXPIRED = "expired"
    QUARANTINED = "quarantined"
    RISKY_NAME = "risky_name"


class TaskGrantQuerySet(models.QuerySet["TaskGrant"]):
    def open(self) -> TaskGrantQuerySet:
        """Return the grants that are neither revoked nor expired nor used up.

        Only the grant's own row is looked at, so that a single UPDATE can check this. See `usable`.
        """
        budget = Q(max_uses=None) | Q(uses__lt=F("max_uses"))
        return self.filter(budget, revoked_at=None, expires_at__gt=timezone.now())

    def usable(self) -> TaskGrantQuerySet:
        """Return the open grants, without those whose service token has ended."""
        token_lives = Q(service_token__expires_at=None) | Q(service_token__expires_at__gt=timezone.now())
        return self.open().filter(Q(service_token=None) | Q(token_lives, service_token__revoked_at=None))

    def ended(self, *, before: datetime) -> TaskGrantQuerySet:
        """Return the grants that expired before `before`."""
        return self.filter(expires_at__lt=before)

    def made_with(self, credentials: Iterable[Credential]) -> TaskGrantQuerySet:
        """Return the grants that were made with one of these credentials, all of one kind or of several."""
        ids_by_kind: dict[str, list[str]] = defaultdict(list)
        for credential in credentials:
            ids_by_kind[credential.kind].append(credential.id)
        found = [Q(parent_kind=kind, parent_id__in=ids) for kind, ids in ids_by_kind.items()]
        return self.filter(reduce(or_, found)) if found else self.none()

    def visible_to(self, actor: Actor) -> TaskGrantQuerySet:
        """Return the actor's own grants; with a token that is limited to a project, only those of that project."""
        own = self.filter(user=actor.user)
        if actor.only_project_id is not None:
            return own.filter(project_id=actor.only_project_id)
        return own


class TaskGrant(MadeByCredential):
    """The credential of one task. It exposes the granted secrets, as long as the grantor may use them."""

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    # `secrets_grant_user` begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("grantor"),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    service_token = models.ForeignKey(
        ServiceToken, verbose_name=_("service token"), null=True, on_delete=models.CASCADE, related_name="+"
    )
    project = models.ForeignKey(
        PROJECT_MODEL,
        to_field=PROJECT_FIELD,
        verbose_name=_("project"),
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    task_id = models.CharField(_("task"), max_length=MAX_TASK_ID_LENGTH, blank=True)
    thread_id = models.CharField(_("thread"), max_length=MAX_TASK_ID_LENGTH, blank=True)
    prefix = models.CharField(_("prefix"), max_length=16, help_text=_("The first characters, to recognise it by."))
    digest = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    latest = models.BooleanField(
        _("latest"), default=False, help_text=_("Gives the values of the moment, not those of the grant.")
    )
    granted_set = models.ForeignKey(GrantedSet, null=True, on_delete=models.PROTECT, related_name="+")
    omitted = models.JSONField(default=list, help_text="What the granted set holds, for grants that have none.")
    max_uses = models.PositiveIntegerField(
        _("max uses"), null=True, help_text=_("Empty for any number, until it ends.")
    )
    uses = models.PositiveIntegerField(_("uses"), default=0)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    granted_secrets: list[Granted]
    """The secrets of the grant; set only on grants that were just created, or by `tasks.granted.load_granted`."""
    omitted_secrets: list[OmittedJSON]
    """What the task does not see, and why; set with `granted_secrets`."""

    objects: ClassVar[TaskGrantQuerySet] = TaskGrantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("task grant")
        verbose_name_plural = _("task grants")
        ordering = ["-created_at", "id"]
        # Not `unique=True`, which makes a second index, for LIKE.
        constraints = [models.UniqueConstraint(fields=["digest"], name="secrets_grant_digest")]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="secrets_grant_user"),
            # The usable grants of a user are counted before one more is created.
            models.Index(fields=["user", "expires_at"], name="secrets_grant_user_end"),
            models.Index(fields=["expires_at"], name="secrets_grant_end"),
            models.Index(fields=["-created_at", "id"], name="secrets_grant_latest"),
            # What a credential made is looked up when it ends.
            models.Index(
                fields=["parent_id", "parent_kind"], condition=Q(revoked_at=None), name="secrets_grant_parent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @property
    def owner(self) -> Owner:
        """Return the owner of the task: the project, or the grantor if it is in none."""
        return Owner.of(self.user_id, self.project_id)

    @property
    def is_usable(self) -> bool:
        """Return whether the grant is open, and its service token as well, as `usable` asks the database."""
        is_open = self.revoked_at is None and self.expires_at > timezone.now()
        has_uses = self.max_uses is None or self.uses < self.max_uses
        return is_open and has_uses and (self.service_token is None or self.service_token.is_usable)

    @property
    def owner_kinds(self) -> list[OwnerKind]:
        """Return whose secrets the task may see.

        If the grant was created with a service token that is limited to a project, the task sees no personal secrets.
        """
        if self.project_id is None:
            return [OwnerKind.PERSONAL]
        is_limited = self.service_token is not None and self.service_token.project_id is not None
        return [OwnerKind.PROJECT] if is_limited else [OwnerKind.PERSONAL, OwnerKind.PROJECT]

    @property
    def limits(self) -> Limits:
        """Return the scopes of the task token. Their prefix `task:` keeps them apart from a service token's scopes."""
        return Limits(frozenset({"task:environment", *(f"task:{scope}" for scope in self.scopes)}))

    @property
    def throttle_key(self) -> str:
        """Return the key under which throttling counts this grant's requests."""
        return str(self.id)

    @property
    def credential(self) -> Credential:
        """Return how audit events name this grant if its task acts."""
        return Credential("task_grant", str(self.id))

    @property
    def subject(self) -> Subject:
        """Return how audit events name this grant if something happens to it."""
        return Subject("grant", str(self.pk), str(self))


class GrantedSecret(models.Model):
    """A secret in a grant beside its granted set: its task made it, or the grant is older than granted sets.

    The row and its name stay when the secret is deleted, so that the task gets an error.
    """

    # The unique constraint has the index.
    grant = models.ForeignKey(
        TaskGrant, verbose_name=_("grant"), on_delete=models.CASCADE, related_name="granted", db_index=False
    )
    secret = models.ForeignKey(
        Secret, verbose_name=_("secret"), null=True, on_delete=models.SET_NULL, related_name="granted"
    )
    name = models.CharField(_("name"), max_length=MAX_NAME_LENGTH)
    owner_kind = models.CharField(_("owner"), max_length=16, choices=OwnerKind.choices)
    version = models.PositiveIntegerField(_("version"))
    reason = models.CharField(_("reason"), max_length=16, choices=Reason.choices)
    is_maskable = models.BooleanField(
        default=False, help_text="Whether the value of the grant is long enough to be found in what a task prints."
    )

    class Meta:
        verbose_name = _("granted secret")
        verbose_name_plural = _("granted secrets")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["grant", "name"], name="secrets_granted_once")]

    def __str__(self) -> str:
        return self.name


class RememberedName(models.Model):
    """A name that a user's thread selected. Tasks of other users never see it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    project = models.ForeignKey(
        PROJECT_MODEL,
        to_field=PROJECT_FIELD,
        verbose_name=_("project"),
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    thread_id = models.CharField(_("thread"), max_length=MAX_TASK_ID_LENGTH)
    owner_kind = models.CharField(_("owner"), max_length=16, choices=OwnerKind.choices)
    name = models.CharField(_("name"), max_length=MAX_NAME_LENGTH)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("remembered name")
        verbose_name_plural = _("remembered names")
        ordering = ["thread_id", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "project", "thread_id", "owner_kind", "name"],
                condition=Q(project__isnull=False),
                name="secrets_remembered_in_project",
            ),
            models.UniqueConstraint(
                fields=["user", "thread_id", "owner_kind", "name"],
                condition=Q(project__isnull=True),
                name="secrets_remembered_personal",
            ),
        ]

    def __str__(self) -> str:
        return self.name
