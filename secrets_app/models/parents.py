"""The tree of credentials: what one credential makes names it as its parent, and ends with it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from neo_base.access.actors import Credential


class MadeByCredential(models.Model):
    """A credential that another one made. Both columns are empty where a user's own code or a command made it."""

    parent_kind = models.CharField(max_length=24, blank=True, default="", editable=False)
    parent_id = models.CharField(max_length=64, blank=True, default="", editable=False)

    class Meta:
        abstract = True

    @property
    def parent(self) -> Credential:
        return Credential(self.parent_kind, self.parent_id)

    @parent.setter
    def parent(self, credential: Credential) -> None:
        self.parent_kind, self.parent_id = credential


class EndedCredentialQuerySet(models.QuerySet["EndedCredential"]):
    def has(self, credential: Credential) -> bool:
        """Return whether this credential has ended. One without an id cannot be told from others of its kind."""
        return credential.id != "" and self.filter(kind=credential.kind, credential_id=credential.id).exists()

    def out_of_use(self, *, before: datetime) -> EndedCredentialQuerySet:
        """Return rows that no request can need any more: it would have begun before `before`."""
        return self.filter(ended_at__lt=before)


class EndedCredential(models.Model):
    """A session that has ended, for requests that were signed in by it a moment earlier and are about to make a child.

    They would otherwise leave a grant behind that nothing ends. Rows of the same user are deleted after a day.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24)
    credential_id = models.CharField(max_length=64)
    ended_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[EndedCredentialQuerySet] = EndedCredentialQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "credential_id"], name="secrets_ended_once")]

    def __str__(self) -> str:
        return self.kind


class CredentialTree(models.Model):
    """The tree of a user's credentials: how often something in it has ended, or was about to.

    Whoever ends something counts it here first, and then looks for children. Whoever makes a child without locking the
    user stores it only if the count is what it was when its parents were read, and holds this row until that is
    committed. So the child is found by whoever ends its parents, or is not made.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", primary_key=True)
    endings = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)
