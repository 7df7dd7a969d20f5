"""Recording of refused attempts, after the answer: outside the transaction that a refusal rolls back, and without
making anybody wait for it.

During the request an attempt is only noted. When a request has ended, in whichever thread, the noted attempts are
completed from the database: who has the name, whether there is such a secret, whose it is. So the time of an answer
does not depend on what exists. An attempt on something that does not exist is counted like an attempt on something that
does, or clients could find out what exists by which of their attempts are counted together; see `attempt_counts.py`. A
database that does not answer changes no answer: the attempt stays noted, and is tried again.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from multiprocessing.util import Finalize
from threading import Lock
from typing import Any

from django.core.signals import request_finished
from django.db import connection
from django.db.models import Model
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from neo_base.access.actors import NO_CREDENTIAL, Actor, ActorKind, Origin, credential_of
from neo_base.audit.event_fields import route
from neo_base.audit.subjects import Subject
from neo_base.rest.errors import AttemptFacts
from neo_base.rest.outages import takes_nothing_now
from neo_base.rest.problems import code_of
from neo_base.rest.refused_attempts import attempt_refused
from neo_base.transactions import atomic
from secrets_app.audit.attempt_counts import AttemptCounts, RefusedAttempt
from secrets_app.audit.recording import actor_columns, anonymous_columns, write
from secrets_app.models import Secret, ServiceToken, TaskGrant
from secrets_app.models.project import project_field, project_id_of, project_model
from secrets_app.owners import Owner

logger = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
MAX_NOTED = 1_000
RETRY_AFTER = timedelta(seconds=10)
LAST_WAIT_SECONDS = 5
ALWAYS = datetime.min.replace(tzinfo=UTC)

Complete = Callable[[RefusedAttempt], RefusedAttempt]
"""Completes an attempt from the database, after the answer: its subject, and whose matter it is."""


@dataclass(frozen=True)
class NotedAttempt:
    """An attempt that has been refused and not yet counted."""

    attempt: RefusedAttempt
    at: datetime
    complete: Complete = field(repr=False)


class AttemptRecorder:
    """The refused attempts of a process, shared by its threads. None of its methods raises."""

    def __init__(self) -> None:
        self.counts = AttemptCounts()
        self._noted: deque[NotedAttempt] = deque()
        self._retry_at = ALWAYS
        # A database that is slow to answer holds up one thread, and not all of them.
        self._busy = Lock()
        self._process = 0
        self._database = ""

    def note(self, attempt: RefusedAttempt, complete: Complete = lambda attempt: attempt) -> None:
        """Remember an attempt that is being refused. Makes no query."""
        self._settle_at_exit()
        now = timezone.now()
        if len(self._noted) < MAX_NOTED:
            self._noted.append(NotedAttempt(attempt, now, complete))
        else:
            self.counts.add(attempt, now)

    def settle(self, *, everything: bool = False) -> None:
        """Write what is due, or everything. Costs one INSERT and a query for each noted attempt, or nothing."""
        now = timezone.now()
        if not everything and (now < self._retry_at or not (self._noted or self.counts.is_due(now))):
            return
        if not self._busy.acquire(timeout=LAST_WAIT_SECONDS if everything else 0):
            return
        try:
            self._count_noted()
            self._write(now, everything)
        except Exception as error:  # noqa: BLE001  # Its request has been answered, and the attempts are kept.
            self._retry_at = now + RETRY_AFTER
            logger.warning("audit.denials_waiting error=%s", type(error).__name__)
        finally:
            self._busy.release()
            # Django has done the same when the request ended, before this. In a test the connection stays open.
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()

    def clear(self) -> None:
        """Forget every attempt, written or not: for tests."""
        self.counts.clear()
        self._noted.clear()
        self._retry_at = ALWAYS

    def _settle_at_exit(self) -> None:
        """Write the rest when this process ends, which may have been forked since the last call.

        Workers that multiprocessing has started, as our server's are, do not run `atexit`.
        """
        if self._process != os.getpid():
            self._process = os.getpid()
            Finalize(None, self._end, exitpriority=10)
        self._database = connection.settings_dict["NAME"]

    def _end(self) -> None:
        # After tests this is another database: theirs is gone, and the site's own must not get their attempts.
        if connection.settings_dict["NAME"] == self._database:
            self.settle(everything=True)

    def _count_noted(self) -> None:
        for _ in range(len(self._noted)):
            noted = self._noted.popleft()
            try:
                attempt = noted.complete(noted.attempt)
            except Exception as error:
                if takes_nothing_now(error):
                    self._noted.append(noted)
                    raise
                # Such as a name that no database takes. It counts all the same.
                attempt = noted.attempt
                logger.warning("audit.denial_unclear error=%s", type(error).__name__)
            self.counts.add(attempt, noted.at)

    def _write(self, now: datetime, everything: bool) -> None:
        due = self.counts.take_due(now, everything=everything)
        if not due:
            return
        try:
            atomic(write)([count.audit_event() for count in due])
        except Exception:
            self.counts.put_back(due, now)
            raise


recorder = AttemptRecorder()


@receiver(request_finished, dispatch_uid="secrets_app.settle")
def settle(**_: Any) -> None:
    recorder.settle()


@receiver(attempt_refused, dispatch_uid="secrets_app.refused")
def note_refused(*, request: Request | HttpRequest, error: APIException, **_: Any) -> None:
    """Note an attempt that the API or the admin refuses."""
    facts = error if isinstance(error, AttemptFacts) else AttemptFacts()
    if facts.is_recorded or (error.status_code == HTTPStatus.NOT_FOUND and not facts.is_hidden):
        return
    asked = request._request if isinstance(request, Request) else request
    actor = _actor_of(request)
    is_known = actor.user is not None and actor.user.is_authenticated
    columns = actor_columns(actor) if is_known else anonymous_columns(actor.origin)
    data = _data_of(asked, error)
    if error.status_code == HTTPStatus.UNAUTHORIZED or not is_known:
        recorder.note(RefusedAttempt("credential.refused", columns, data=data), _with_credential(facts))
    elif actor.kind is ActorKind.STAFF:
        recorder.note(RefusedAttempt("access.denied", columns, data=data))
    else:
        recorder.note(RefusedAttempt("access.denied", columns, data=data), _with_object(asked, facts, actor))


def note_sign_in(event: str, *, request: HttpRequest, error: APIException, distinct: str, complete: Complete) -> None:
    """Note a refused sign-in of somebody unknown, under an event that declares REFUSED_ATTEMPT. Makes no query.

    Attempts with another `distinct` text are counted apart; the text is not stored. `complete` finds the user, after
    the answer.
    """
    columns = anonymous_columns(Origin.of(request, NO_CREDENTIAL))
    recorder.note(RefusedAttempt(event, columns, data=_data_of(request, error), distinct=distinct), complete)


def _data_of(request: HttpRequest, error: APIException) -> dict[str, Any]:
    """Return the data of the audit event. The client makes up none of it: `route` is the pattern that matched."""
    try:
        pattern = route("" if request.resolver_match is None else request.resolver_match.route)
    except ValueError:  # A regular expression.
        pattern = ""
    method = request.method if request.method in METHODS else "other"
    return {"status": int(error.status_code), "code": code_of(error), "method": method, "route": pattern}


def _actor_of(request: Request | HttpRequest) -> Actor:
    """Return who makes the request; the actor's user is None or anonymous for somebody unknown."""
    if not isinstance(request, Request):
        return Actor.from_staff(getattr(request, "user", None), Origin.of(request))
    # Only if DRF has authenticated already: where that failed, asking again would fail again.
    user, auth = (request.user, request.auth) if hasattr(request, "_user") else (None, None)
    return Actor.from_user(user, origin=Origin.of(request._request, credential_of(auth)))


def _with_credential(facts: AttemptFacts) -> Complete:
    """Complete an attempt with the token or session, if it once was valid. Keeps the digest, and not the token."""
    # Copied: the error holds its traceback, and with it the frames that hold the token.
    digest, session_id, user_id = facts.token_digest, facts.session_id, facts.user_id

    def complete(attempt: RefusedAttempt) -> RefusedAttempt:
        if session_id:
            return attempt.about(Subject("session", session_id), Owner(user_id=user_id))
        if digest:
            for model in (ServiceToken, TaskGrant):
                row = model._base_manager.filter(digest=digest).first()
                if row is not None:
                    return _about(attempt, row)
        return attempt

    return complete


def _with_object(request: HttpRequest, facts: AttemptFacts, actor: Actor) -> Complete:
    """Complete an attempt with the object that was asked for, and whose it is."""
    wanted = _wanted(request, facts)

    def complete(attempt: RefusedAttempt) -> RefusedAttempt:
        if wanted is None:
            return replace(attempt, owner=Owner(user_id=actor.user.pk))
        model, key = wanted
        row = model._base_manager.filter(**{_key(model): key}).first()
        # An attempt on what does not exist is nobody's: if it were the actor's, they could read there what exists.
        return replace(attempt, subject_id=str(key)) if row is None else _about(attempt, row)

    return complete


def _wanted(request: HttpRequest, facts: AttemptFacts) -> tuple[type[Model], Any] | None:
    """Return the model and key that the URL names, else those of the project that the policy was asked about."""
    named = {} if request.resolver_match is None else request.resolver_match.kwargs
    named = {"project_id": facts.project_id, **named}
    models: dict[str, type[Model]] = {
        "secret_id": Secret,
        "grant_id": TaskGrant,
        "token_id": ServiceToken,
        "project_id": project_model(),
    }
    return next(((model, named[name]) for name, model in models.items() if named.get(name) is not None), None)


def _key(model: type[Model]) -> str:
    return project_field() if model is project_model() else "pk"


def _about(attempt: RefusedAttempt, row: Any) -> RefusedAttempt:
    if isinstance(row, Secret | ServiceToken | TaskGrant):
        return attempt.about(row.subject, row.owner)
    # A project, whose model may be the host's own.
    project_id = project_id_of(row)
    return attempt.about(Subject("project", str(project_id), getattr(row, "name", "")), Owner(project_id=project_id))
