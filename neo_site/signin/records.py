"""What the audit is told of sign-in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from neo_site.signin.models import Session
from projects.actors import Actor, Credential, Origin
from projects.records import Subject
from secrets_app.audit.recording import record
from secrets_app.scopes import Scope


def record_session(event: str, session: Session, user: Any, origin: Origin, **data: Any) -> None:
    """Write down what happened to a session of `user`, by himself. Inside the transaction; raises AuditUnavailable."""
    by = replace(origin, credential=Credential("session", str(session.pk)))
    actor, subject = Actor.from_user(user, origin=by), Subject("session", str(session.pk))
    record(event, actor=actor, subject=subject, scope=Scope(owner_id=user.pk), **data)


@receiver(user_logged_in, dispatch_uid="neo_site.signin.record_cookie_begins")
def record_cookie_begins(*, request: HttpRequest, user: Any, **_: Any) -> None:
    """Django begins a session of its own: in the admin, or where else a site signs people in by cookie."""
    _record_cookie("session.started", request, user)


@receiver(user_logged_out, dispatch_uid="neo_site.signin.record_cookie_ends")
def record_cookie_ends(*, request: HttpRequest, user: Any, **_: Any) -> None:
    if user is not None:
        _record_cookie("session.ended", request, user)


def _record_cookie(event: str, request: HttpRequest, user: Any) -> None:
    origin = Origin.of(request)
    subject = Subject("session", origin.credential.id)
    actor = Actor.from_user(user, origin=origin)
    record(event, actor=actor, subject=subject, scope=Scope(owner_id=user.pk), interface="cookie")
