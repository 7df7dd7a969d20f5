"""Answers to requests with an `Idempotency-Key`, kept for a day."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LIFETIME = timedelta(hours=24)


class KeptAnswerQuerySet(models.QuerySet["KeptAnswer"]):
    def expired(self) -> KeptAnswerQuerySet:
        """Return the answers that are no longer given."""
        return self.filter(created_at__lte=timezone.now() - LIFETIME)

    def living(self) -> KeptAnswerQuerySet:
        """Return the answers that a second request still gets."""
        return self.filter(created_at__gt=timezone.now() - LIFETIME)


class KeptAnswer(models.Model):
    """The answer to one request, for whoever repeats it with the same credential and key.

    It holds no mask, no token and no value, and of the request only a keyed digest.
    """

    # The unique constraint has the index.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="+", db_index=False
    )
    credential_kind = models.CharField(max_length=24, blank=True)
    credential_id = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=128)
    master_key_id = models.CharField(max_length=64, help_text="The key of the digest.")
    digest = models.BinaryField()
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects: ClassVar[KeptAnswerQuerySet] = KeptAnswerQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user", "credential_kind", "credential_id", "key"], name="secrets_kept_answer_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.status}"
