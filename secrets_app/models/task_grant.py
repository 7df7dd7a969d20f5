"""Task grants: what one task may see, for how long, and what is remembered of a thread's choices."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from neo_base.access.actors import Actor, Credential, Limits
from neo_base.audit.subjects import Subject
from secrets_app.models.owned import PROJECT_MODEL
from secrets_app.models.secret import MAX_NAME_LENGTH, Secret
from secrets_app.models.token import ServiceToken
from secrets_app.owners import Owner

MAX_TASK_ID_LENGTH = 128


class TaskScope(models.TextChoices):
    """What a task may do beyond reading its environment."""

    CREATE_SECRETS = "secrets:create"


class OwnerKind(models.TextChoices):
    """Whose a secret of a task is: its grantor's own, or the project's."""

    PERSONAL = "personal", _("Personal")
    PROJECT = "project", _("Project")


class Reason(models.TextChoices):
    """Why a task sees a secret."""

    DEFAULT = "default", _("Default")
    SELECTED = "selected", _("Selected")
    REMEMBERED = "remembered", _("Remembered")
    CREATED = "created", _("Created")


class Omission(models.TextChoices):
    """Why a task does not see a secret that it would else have seen."""

    SHADOWED = "shadowed"
    EXPIRED = "expired"
    QUARANTINED = "quarantined"


class TaskGrantQuerySet(models.QuerySet["TaskGrant"]):
    def open(self) -> TaskGrantQuerySet:
        """Neither revoked nor expired nor used up: what the row itself says, so that an UPDATE can rely on it."""
        budget = Q(max_uses=None) | Q(uses__lt=F("max_uses"))
        return self.filter(budget, revoked_at=None, expires_at__gt=timezone.now())

    def usable(self) -> TaskGrantQuerySet:
        """Open, and made by a service token, if by one, that is usable too."""
        token_lives = Q(service_token__expires_at=None) | Q(service_token__expires_at__gt=timezone.now())
        return self.open().filter(Q(service_token=None) | Q(token_lives, service_token__revoked_at=None))

    def ended(self, *, before: datetime) -> TaskGrantQuerySet:
        """Past their time since `before`."""
        return self.filter(expires_at__lt=before)

    def visible_to(self, actor: Actor) -> TaskGrantQuerySet:
        """A user's own, or those of the one project that his token reaches."""
        own = self.filter(user=actor.user)
        if actor.only_project_id is not None:
            return own.filter(project_id=actor.only_project_id)
        return own

    def with_secrets(self) -> TaskGrantQuerySet:
        """With `granted_secrets`, in one more query."""
        # The plugin of mypy takes it for a second declaration.
        return self.prefetch_related(Prefetch("granted", to_attr="granted_secrets"))  # type: ignore[no-redef]


class TaskGrant(models.Model):
    """A credential of one task. It gives the secrets it names while its grantor himself may use them; never more."""

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("grantor"), on_delete=models.CASCADE, related_name="+"
    )
    service_token = models.ForeignKey(
        ServiceToken, verbose_name=_("service token"), null=True, on_delete=models.CASCADE, related_name="+"
    )
    project = models.ForeignKey(
        PROJECT_MODEL, verbose_name=_("project"), null=True, on_delete=models.CASCADE, related_name="+"
    )
    task_id = models.CharField(_("task"), max_length=MAX_TASK_ID_LENGTH, blank=True)
    thread_id = models.CharField(_("thread"), max_length=MAX_TASK_ID_LENGTH, blank=True)
    prefix = models.CharField(_("prefix"), max_length=16, help_text=_("The first characters, to recognise it by."))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    latest = models.BooleanField(
        _("latest"), default=False, help_text=_("Gives the values of the moment, not those of the grant.")
    )
    omitted = models.JSONField(default=list, help_text="Names that the task does not see, and why.")
    max_uses = models.PositiveIntegerField(
        _("max uses"), null=True, help_text=_("Empty for any number, until it ends.")
    )
    uses = models.PositiveIntegerField(_("uses"), default=0)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    granted_secrets: list[GrantedSecret]
    """What it covers; only on grants that were just made, or read `with_secrets`."""

    objects: ClassVar[TaskGrantQuerySet] = TaskGrantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("task grant")
        verbose_name_plural = _("task grants")
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="secrets_grant_user"),
            # For counting the usable ones, and for clearing the others away.
            models.Index(fields=["user", "expires_at"], name="secrets_grant_user_end"),
            models.Index(fields=["expires_at"], name="secrets_grant_end"),
            models.Index(fields=["-created_at", "id"], name="secrets_grant_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @property
    def owner(self) -> Owner:
        """Whose task it is: the project's, or the grantor's own."""
        return Owner.of(self.user_id, self.project_id)

    @property
    def owner_kinds(self) -> list[OwnerKind]:
        """Whose secrets its task may see; a service token that is limited to a project brings nothing personal."""
        if self.project_id is None:
            return [OwnerKind.PERSONAL]
        is_limited = self.service_token is not None and self.service_token.project_id is not None
        return [OwnerKind.PROJECT] if is_limited else [OwnerKind.PERSONAL, OwnerKind.PROJECT]

    @property
    def limits(self) -> Limits:
        """What its token may do; the words are those that no service token can have."""
        return Limits(frozenset({"task:environment", *(f"task:{scope}" for scope in self.scopes)}))

    @property
    def throttle_key(self) -> str:
        """Under which its requests are counted."""
        return str(self.id)

    @property
    def credential(self) -> Credential:
        """The grant in the audit log, where its task acts."""
        return Credential("task_grant", str(self.id))

    @property
    def subject(self) -> Subject:
        """The grant in the audit log, where something happens to it."""
        return Subject("grant", str(self.pk), str(self))


class GrantedSecret(models.Model):
    """One name that a grant covers. The name stays when the secret is deleted, so that its loss is noticed."""

    grant = models.ForeignKey(TaskGrant, verbose_name=_("grant"), on_delete=models.CASCADE, related_name="granted")
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
    """A name that a user's thread has selected. Nobody else's tasks ever see it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    project = models.ForeignKey(
        PROJECT_MODEL, verbose_name=_("project"), null=True, on_delete=models.CASCADE, related_name="+"
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
