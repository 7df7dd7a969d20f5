"""The audit events of second factors and of signing up, by whichever door."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from django.http import HttpRequest

from neo_base.access.actors import Actor, Origin
from neo_base.audit.subjects import Subject
from neo_site.accounts.second_factor import has_second_factor
from secrets_app.audit.recording import record
from secrets_app.owners import Owner


def record_about(event: str, user: Any, actor: Actor | None = None, **data: Any) -> None:
    """Record what happened to a user's account, by whoever sent the current request, or by `actor`."""
    by = actor or current_actor(user)
    record(event, actor=by, subject=Subject.of_user(user), owner=Owner(user_id=user.pk), **data)


def current_actor(user: Any) -> Actor:
    """Return who acts on the account of `user`: that user, an operator, or a command where there is no request."""
    request: HttpRequest | None = context.request
    if request is None:
        return Actor.system()
    origin, signed_in = Origin.of(request), getattr(request, "user", None)
    if signed_in is not None and signed_in.is_authenticated and signed_in.pk != user.pk:
        return Actor.from_staff(signed_in, origin)
    return Actor.from_user(user, origin=origin)


def record_factor_asked(request: HttpRequest, user: Any) -> None:
    """Record that the right password was given, if a second factor is asked for now: its owner may not have."""
    proofs = get_authentication_records(request, user)
    if not any(proof.get("method") == "mfa" for proof in proofs) and has_second_factor(user):
        record_about("second_factor.asked", user, interface="cookie")
