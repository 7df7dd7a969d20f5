"""Receivers of what `allauth`, Django and the apps announce about accounts."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed, user_signed_up
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_used
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from neo_base.access.actors import Actor
from neo_base.access.changes import password_changed, user_deactivated
from neo_site.accounts import passwords
from neo_site.accounts.records import record_about
from neo_site.accounts.sessions import end_browser_sessions
from secrets_app.actions.credentials import EndReason


@receiver(user_logged_in, dispatch_uid="neo_site.accounts.remember_change")
def remember_change(*, request: HttpRequest, user: Any, **_: Any) -> None:
    """Note in a new session that its user has to choose a password first; the middleware asks the session only."""
    if passwords.must_change(user):
        request.session[passwords.SESSION_KEY] = True


@receiver(password_changed, dispatch_uid="neo_site.accounts.end_for_password")
def end_for_password(*, user: Any, **_: Any) -> None:
    """End the browser sessions of a user who has another password, but the one in which they chose it."""
    request = context.request
    own = request is not None and getattr(request, "user", None) == user
    if own:
        request.session.pop(passwords.SESSION_KEY, None)
    kept = request.session.session_key if own else None
    end_browser_sessions(user=user, actor=Actor.system(), reason=EndReason.PASSWORD_CHANGED, but=kept)


@receiver(user_deactivated, dispatch_uid="neo_site.accounts.end_for_deactivation")
def end_for_deactivation(*, user: Any, **_: Any) -> None:
    """End the browser sessions of a user, so that none comes back when the account is activated again."""
    end_browser_sessions(user=user, actor=Actor.system(), reason=EndReason.USER_DEACTIVATED)


# The library announces these after the commit. What is recorded belongs into the transaction.
@receiver(post_save, sender=Authenticator, dispatch_uid="neo_site.accounts.record_added")
def record_added(*, instance: Authenticator, created: bool, raw: bool = False, **_: Any) -> None:
    """Record a new second factor, or new recovery codes, whoever made them."""
    if created and not raw:
        record_about("second_factor.added", instance.user, type=str(instance.type))


@receiver(post_delete, sender=Authenticator, dispatch_uid="neo_site.accounts.record_removed")
def record_removed(*, instance: Authenticator, origin: Any = None, **_: Any) -> None:
    """Record that a second factor was removed. One that goes with its user is in the event of that deletion."""
    if getattr(origin, "model", type(origin)) is Authenticator:
        record_about("second_factor.removed", instance.user, type=str(instance.type))


@receiver(authenticator_used, dispatch_uid="neo_site.accounts.record_used")
def record_used(*, user: Any, authenticator: Authenticator, **_: Any) -> None:
    """Record which second factor was used: a recovery code deserves a look."""
    record_about("second_factor.used", user, type=str(authenticator.type))


@receiver(email_confirmed, dispatch_uid="neo_site.accounts.record_verified")
def record_verified(*, email_address: EmailAddress, **_: Any) -> None:
    """Record that a user proved an address; the event does not hold it."""
    record_about("email.verified", email_address.user)


@receiver(user_signed_up, dispatch_uid="neo_site.accounts.record_joined")
def record_joined(*, user: Any, **_: Any) -> None:
    """Record that somebody made an account."""
    record_about("user.joined", user)
