"""Seals the keys of second factors that earlier releases stored in the clear."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError

from neo_base.transactions import atomic
from neo_site.accounts.factor_keys import seal_at_rest
from secrets_app.actions.credentials import lock_users
from secrets_app.errors import KeyUnavailable


class Command(BaseCommand):
    help = "Seal the keys of authenticator applications and recovery codes that are stored in the clear. Run it once."

    def handle(self, **options: Any) -> None:
        users = list(Authenticator.objects.order_by("user_id").values_list("user_id", flat=True).distinct())
        try:
            sealed = sum(_seal_those_of(user_id) for user_id in users)
        except KeyUnavailable as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Sealed: {sealed}.")


@atomic
def _seal_those_of(user_id: Any) -> int:
    """Seal the rows of one user, under the lock that using a code takes; return how many."""
    lock_users([user_id])
    return sum(seal_at_rest(row) for row in Authenticator.objects.filter(user_id=user_id))
