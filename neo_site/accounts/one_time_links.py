"""Links by which a user chooses a password, once: for new users, and for those who forgot theirs where mail is off.

They are those that a mail would bring, handed over by an operator. So nobody but the user knows the password, and the
second factor of the user, if there is one, is asked for afterwards. Whoever has the link has the account, which is why
superusers alone make one, as they alone set passwords.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from neo_base.transactions import atomic
from secrets_app.audit.recording import record
from secrets_app.owners import Owner


@atomic
def make_link(*, actor: Actor, user: Any) -> str:
    """Return the path of a new link for `user`, which is kept nowhere.

    It stops working once it was used, with any other new password, with the next sign-in, and after
    `PASSWORD_RESET_TIMEOUT` seconds.
    """
    key = default_token_generator.make_token(user)
    expires_at = timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    subject, owner = Subject.of_user(user), Owner(user_id=user.pk)
    record("password_link.created", actor=actor, subject=subject, owner=owner, expires_at=expires_at)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})


def address_of_site() -> str:
    """Return scheme and host of this site, as far as its settings tell; for commands, which have no request."""
    named = [host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"]
    return f"{'https' if settings.HTTPS else 'http'}://{named[0] if named else 'localhost'}"
