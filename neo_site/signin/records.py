"""The audit events of sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import APIException, Throttled

from neo_base.access.actors import Actor, Origin
from neo_base.audit.subjects import Subject
from neo_site.signin.errors import InvalidCredentials
from neo_site.signin.models import Session
from neo_site.signin.user_names import normalise, user_named
from secrets_app.audit.attempt_counts import RefusedAttempt
from secrets_app.audit.recording import record
from secrets_app.audit.refused_attempts import note_sign_in
from secrets_app.owners import Owner


def record_session(event: str, session: Session, user: Any, origin: Origin, **data: Any) -> None:
    """Record what a user did with a session of their own, inside the transaction. Raises AuditUnavailable."""
    by = replace(origin, credential=session.credential)
    actor = Actor.from_user(user, origin=by)
    record(event, actor=actor, subject=session.subject, owner=Owner(user_id=user.pk), **data)


@receiver(user_logged_in, dispatch_uid="neo_site.signin.record_cookie_begins")
def record_cookie_begins(*, request: HttpRequest, user: Any, **_: Any) -> None:
    """Record a session of Django's own, which the admin uses, and other pages that sign people in by cookie."""
    _record_cookie("session.started", request, user)


@receiver(user_logged_out, dispatch_uid="neo_site.signin.record_cookie_ends")
def record_cookie_ends(*, request: HttpRequest, user: Any, **_: Any) -> None:
    """Record that a user has ended a session of Django."""
    if user is not None:
        _record_cookie("session.ended", request, user)


@receiver(user_login_failed, dispatch_uid="neo_site.signin.record_failure")
def record_failure(*, credentials: Mapping[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Note a wrong user name or password. Django announces each, at the API and in the admin."""
    if request is not None:
        note_failure(request, str(credentials.get("username") or ""), InvalidCredentials())


def note_failure(request: HttpRequest, name: str, error: APIException) -> None:
    """Note a failed sign-in, or one that has to wait, for the audit log.

    A name that no user has takes the same steps and the same time; only its event has no subject. So `name` must not be
    looked up before the answer is sent, and repeats are counted by a keyed hash of it.
    """
    event = "sign_in.paused" if isinstance(error, Throttled) else "sign_in.refused"
    text = normalise(name).encode(errors="surrogatepass")
    distinct = salted_hmac("neo_site.signin.records", text, algorithm="sha256").hexdigest()
    note_sign_in(event, request=request, error=error, distinct=distinct, complete=partial(_with_user, name=name))


def _with_user(attempt: RefusedAttempt, *, name: str) -> RefusedAttempt:
    """Return the refused attempt with the user of that name as its subject, if there is one."""
    user = user_named(name)
    return attempt if user is None else attempt.about(Subject.of_user(user), Owner(user_id=user.pk))


def _record_cookie(event: str, request: HttpRequest, user: Any) -> None:
    origin = Origin.of(request)
    subject = Subject("session", origin.credential.id)
    actor = Actor.from_user(user, origin=origin)
    record(event, actor=actor, subject=subject, owner=Owner(user_id=user.pk), interface="cookie")
