"""What was refused, written down after the answer: outside of the transaction that a refusal rolls back, and without
making anybody wait for it.

During the request an attempt is only noted. When a request has ended, in whichever thread, what was noted is looked
into: who has the name, whether there is such a secret, whose it is. So no answer takes longer by what there is to find;
and what there is not makes a row like what there is, or whoever asks could find out by which of his attempts are told
apart, see `denials.py`. A database that does not answer changes no answer: what was noted stays, for another try.
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

from django.apps import apps
from django.core.signals import request_finished
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Model
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from neo_base.access.actors import Actor, ActorKind, Origin, credential_of
from neo_base.rest.problems import code_of
from neo_base.rest.refusals import refused
from secrets_app.audit import data
from secrets_app.audit.denials import Counts, Denial
from secrets_app.audit.recording import somebody, who, write
from secrets_app.models import Secret, ServiceToken, TaskGrant
from secrets_app.models.owned import PROJECT_MODEL
from secrets_app.owners import Owner

logger = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
MAX_NOTED = 1_000
RETRY_AFTER = timedelta(seconds=10)
LAST_WAIT_SECONDS = 5
ALWAYS = datetime.min.replace(tzinfo=UTC)

Look = Callable[[Denial], Denial]
"""Finds out more after the answer, by the database."""


@dataclass(frozen=True)
class Attempt:
    denial: Denial
    at: datetime
    look: Look = field(repr=False)


class Recorder:
    """For all threads of a process. Nothing that it does raises."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._noted: deque[Attempt] = deque()
        self._retry_at = ALWAYS
        # A database that is slow to answer holds up one thread, and not all of them.
        self._busy = Lock()
        self._process = 0
        self._database = ""

    def note(self, denial: Denial, look: Look = lambda denial: denial) -> None:
        """Remember an attempt that is being refused. Asks no database."""
        self._settle_at_exit()
        now = timezone.now()
        if len(self._noted) < MAX_NOTED:
            self._noted.append(Attempt(denial, now, look))
        else:
            self.counts.add(denial, now)

    def settle(self, *, everything: bool = False) -> None:
        """Write what is due, or everything. Costs nothing where nothing is, else one INSERT and a query an attempt."""
        now = timezone.now()
        if not everything and (now < self._retry_at or not (self._noted or self.counts.is_due(now))):
            return
        if not self._busy.acquire(timeout=LAST_WAIT_SECONDS if everything else 0):
            return
        try:
            self._look_into_noted()
            self._write(now, everything)
        except Exception as error:  # noqa: BLE001  # Its request has been answered, and what was noted is kept.
            self._retry_at = now + RETRY_AFTER
            logger.warning("audit.denials_waiting error=%s", type(error).__name__)
        finally:
            self._busy.release()
            # As Django has done before this, when the request ended; in a test it stays open.
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()

    def clear(self) -> None:
        """Forget everything, written or not: for tests."""
        self.counts.clear()
        self._noted.clear()
        self._retry_at = ALWAYS

    def _settle_at_exit(self) -> None:
        """Of this process, which may have been forked since. In a worker that multiprocessing has started, as our
        server does, `atexit` is not heard."""
        if self._process != os.getpid():
            self._process = os.getpid()
            Finalize(None, self._end, exitpriority=10)
        self._database = connection.settings_dict["NAME"]

    def _end(self) -> None:
        # After tests it is another one: theirs has gone, and the site's own must not get their rows.
        if connection.settings_dict["NAME"] == self._database:
            self.settle(everything=True)

    def _look_into_noted(self) -> None:
        for _ in range(len(self._noted)):
            attempt = self._noted.popleft()
            try:
                found = attempt.look(attempt.denial)
            except (OperationalError, InterfaceError):
                self._noted.append(attempt)
                raise
            except Exception as error:  # noqa: BLE001  # Such as a name that no database takes. It counts all the same.
                found = attempt.denial
                logger.warning("audit.denial_unclear error=%s", type(error).__name__)
            self.counts.add(found, attempt.at)

    def _write(self, now: datetime, everything: bool) -> None:
        due = self.counts.take_due(now, everything=everything)
        if not due:
            return
        try:
            with transaction.atomic():
                write([count.row() for count in due])
        except Exception:
            self.counts.put_back(due, now)
            raise


recorder = Recorder()


@receiver(request_finished, dispatch_uid="secrets_app.settle")
def settle(**_: Any) -> None:
    recorder.settle()


@receiver(refused, dispatch_uid="secrets_app.refused")
def note_refusal(*, request: Request | HttpRequest, error: APIException, **_: Any) -> None:
    """One of the API, or of the admin."""
    if getattr(error, "is_recorded", False):
        return
    if error.status_code == HTTPStatus.NOT_FOUND and not hasattr(error, "is_hidden"):
        return
    asked = request._request if isinstance(request, Request) else request
    actor = _who_asks(request)
    is_known = actor.user is not None and actor.user.is_authenticated
    columns, said = who(actor) if is_known else somebody(actor.origin), details(asked, error)
    if error.status_code == HTTPStatus.UNAUTHORIZED or not is_known:
        recorder.note(Denial("credential.refused", columns, data=said), _look_for_token(error))
    elif actor.kind is ActorKind.STAFF:
        recorder.note(Denial("access.denied", columns, data=said))
    else:
        recorder.note(Denial("access.denied", columns, data=said), _look_for_object(asked, error, actor))


def details(request: HttpRequest, error: APIException) -> dict[str, Any]:
    """The data of a denial. Nothing that a client can make up: the route is the pattern that its address has met."""
    try:
        route = data.route("" if request.resolver_match is None else request.resolver_match.route)
    except ValueError:  # A regular expression.
        route = ""
    method = request.method if request.method in METHODS else "other"
    return {"status": int(error.status_code), "code": code_of(error), "method": method, "route": route}


def _who_asks(request: Request | HttpRequest) -> Actor:
    """Whoever it is as an actor; its user is None, or anonymous, for somebody unknown."""
    if not isinstance(request, Request):
        return Actor.from_staff(getattr(request, "user", None), Origin.of(request))
    # Only where DRF has asked already: where authentication could not be done, asking again would fail again.
    user, auth = (request.user, request.auth) if hasattr(request, "_user") else (None, None)
    return Actor.from_user(user, origin=Origin.of(request._request, credential_of(auth)))


def _look_for_token(error: APIException) -> Look:
    """Which token it was, where it once was a good one. The token itself is not kept, even until then."""
    digest, about = getattr(error, "digest", ""), getattr(error, "about", None)

    def look(denial: Denial) -> Denial:
        if about is not None:
            return denial.about(*about)
        if digest:
            for model in (ServiceToken, TaskGrant):
                row = model._base_manager.filter(digest=digest).first()
                if row is not None:
                    return _about(denial, row)
        return denial

    return look


def _look_for_object(request: HttpRequest, error: APIException, actor: Actor) -> Look:
    """What was asked for, and whose it is."""
    wanted = _wanted(request, error)

    def look(denial: Denial) -> Denial:
        if wanted is None:
            return replace(denial, owner=Owner(user_id=actor.user.pk))
        model, key = wanted
        row = model._base_manager.filter(pk=key).first()
        # What there is not is nobody's matter: if it were the actor's, he could read in his audit what there is.
        return replace(denial, subject_id=str(key)) if row is None else _about(denial, row)

    return look


def _wanted(request: HttpRequest, error: APIException) -> tuple[type[Model], Any] | None:
    """The row that the address names, else the project that the policy was asked about."""
    project = apps.get_model(PROJECT_MODEL)
    named = {} if request.resolver_match is None else request.resolver_match.kwargs
    named = {"project_id": getattr(error, "project_id", None), **named}
    models: dict[str, type[Model]] = {
        "secret_id": Secret,
        "grant_id": TaskGrant,
        "token_id": ServiceToken,
        "project_id": project,
    }
    return next(((model, named[name]) for name, model in models.items() if named.get(name) is not None), None)


def _about(denial: Denial, row: Any) -> Denial:
    if isinstance(row, ServiceToken):
        return denial.about(str(row.pk), f"{row.prefix} {row.name}", row.owner)
    if isinstance(row, TaskGrant):
        return denial.about(str(row.pk), str(row), row.owner)
    owner = row.owner if isinstance(row, Secret) else Owner(project_id=row.pk)
    return denial.about(str(row.pk), getattr(row, "name", ""), owner)
