"""Actions on sign-ins by browser: a program asks, its user answers, and the program gets its session, once.

Nothing is recorded when a program asks, since anybody may, and the audit log keeps everything; the events of the
answer say when it asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.exceptions import Throttled

from neo_base.access.actors import UNKNOWN_ORIGIN, Actor, Origin
from neo_base.audit.subjects import Subject
from neo_base.transactions import atomic
from neo_site.accounts.passwords import must_change
from neo_site.signin.actions import sign_in
from neo_site.signin.devices.codes import digest, normalise
from neo_site.signin.devices.errors import (
    AccessDenied,
    AuthorizationPending,
    DeviceError,
    ExpiredCode,
    InvalidGrant,
    SlowDown,
)
from neo_site.signin.errors import PasswordChangeRequired
from neo_site.signin.models import MAX_ADDRESS, DeviceSignIn
from neo_site.signin.tokens import TokenPair
from secrets_app.audit.recording import record
from secrets_app.owners import Owner

LIFETIME = timedelta(minutes=10)
INTERVAL_SECONDS = 5
LONGEST_INTERVAL_SECONDS = 60
# A program that asks once more after the end learns that it was the end.
KEPT_AFTER_THE_END = timedelta(minutes=10)
# Anybody may ask, so what waits is bounded: for one address, and for one that many clients share.
MAX_WAITING, MAX_WAITING_SHARED = 20, 500


@dataclass(frozen=True)
class SignedIn:
    """The session that a program has got."""

    username: str
    pair: TokenPair = field(repr=False)


@atomic
def ask(*, device_code: str, user_code: str, client: str, origin: Origin, is_shared: bool = False) -> DeviceSignIn:
    """Note that a program asks to be signed in. Raises Throttled where too many from its address wait for an answer.

    `is_shared` says that many clients may share the address. Costs three queries.
    """
    forget_ended()
    waiting = DeviceSignIn.objects.waiting().filter(client_address=origin.client_address[:MAX_ADDRESS]).count()
    if waiting >= (MAX_WAITING_SHARED if is_shared else MAX_WAITING):
        raise Throttled(wait=LIFETIME.total_seconds())
    return DeviceSignIn.objects.create(
        device_digest=digest(device_code),
        user_code_digest=digest(user_code),
        client=client,
        client_address=origin.client_address[:MAX_ADDRESS],
        expires_at=timezone.now() + LIFETIME,
        interval=INTERVAL_SECONDS,
    )


def forget_ended() -> None:
    """Delete sign-ins that expired some minutes ago: no program waits for them."""
    DeviceSignIn.objects.filter(expires_at__lt=timezone.now() - KEPT_AFTER_THE_END).delete()


def waiting_for(typed: str) -> DeviceSignIn | None:
    """Return the sign-in that waits for an answer and shows this code, or None."""
    return DeviceSignIn.objects.waiting().filter(user_code_digest=digest(normalise(typed))).first()


@atomic
def answer(*, waiting: DeviceSignIn, user: Any, is_approved: bool, origin: Origin = UNKNOWN_ORIGIN) -> bool:
    """Approve or refuse a sign-in for `user`, once; return False if it has its answer already, or has expired.

    One conditional update decides between answers at the same moment.
    """
    given = {"user": user, "is_approved": is_approved, "auth_hash": user.get_session_auth_hash()}
    is_first = DeviceSignIn.objects.waiting().filter(pk=waiting.pk).update(**given) > 0
    if is_first:
        event = "sign_in.approved" if is_approved else "sign_in.declined"
        actor, subject = Actor.from_user(user, origin=origin), Subject.of_user(user)
        record(event, actor=actor, subject=subject, owner=Owner(user_id=user.pk), asked_at=waiting.created_at)
    return is_first


@atomic
def poll(*, device_code: str, origin: Origin = UNKNOWN_ORIGIN) -> SignedIn | DeviceError | PasswordChangeRequired:
    """Return the session of an approved sign-in, or the error that says why there is none: raise it afterwards.

    It is returned, since what was noted of this request must outlive it. An approved code works once: of any number of
    requests at the same moment, the one that deletes the row gets the session.
    """
    rows = DeviceSignIn.objects.filter(device_digest=digest(device_code))
    row = rows.select_related("user").select_for_update(of=("self",)).first()
    if row is None:
        return InvalidGrant()
    if row.has_expired():
        return ExpiredCode()
    if row.is_approved is None:
        return _noted(row)
    user = row.user
    if not row.is_approved or user is None or not user.is_active or not row.was_approved_with(user):
        return AccessDenied()
    if must_change(user):
        return PasswordChangeRequired()
    if not rows.delete()[0]:
        return InvalidGrant()
    pair = sign_in(user=user, origin=origin, interface="device", client=row.client)
    return SignedIn(user.get_username(), pair)


def _noted(row: DeviceSignIn) -> DeviceError:
    """Note that the program asked for its session, and tell it to go on waiting: longer, if it asked too soon."""
    now = timezone.now()
    is_early = row.polled_at is not None and now < row.polled_at + timedelta(seconds=row.interval)
    row.polled_at = now
    if is_early:
        row.interval = min(row.interval + INTERVAL_SECONDS, LONGEST_INTERVAL_SECONDS)
    row.save(update_fields=["polled_at", "interval"])
    return SlowDown() if is_early else AuthorizationPending()
