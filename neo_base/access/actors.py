"""Actors: who performs an action. Every action takes one, so that API, admin and commands pass the same checks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from neo_base.access.cookies import cookie_times
from neo_base.conf import conf
from neo_base.rest.request_ids import request_id_of


class ActorKind(Enum):
    """The kinds of actors; each is authorised in a way of its own."""

    USER = "user"
    """A signed-in user. Their roles in projects decide what they may do."""
    STAFF = "staff"
    """An operator in the Django admin. Their Django model permissions decide what they may do."""
    SYSTEM = "system"
    """A management command, run by somebody with access to the server. It may do everything."""


@dataclass(frozen=True)
class Limits:
    """The limits that a credential sets to its user's permissions. A credential never adds permissions."""

    scopes: frozenset[str]
    """The scopes that the credential holds, such as "secrets:read"; the policy tables name them."""
    project_id: UUID | None = None
    """The only project that the credential reaches; None for everything of its user, personal secrets included."""


class Credential(NamedTuple):
    """The credential by which an actor signed in, as the audit log names it: never the token or cookie itself.

    An authentication class provides it as the attribute `credential` of the object in `request.auth`, and beside it,
    where it knows them, `signed_in_at` and `ends_at`: see `Origin`.
    """

    kind: str
    """One of: session, service_token, task_grant, cookie, identity_provider, command, other; empty for none."""
    id: str = ""
    """The key of the credential's row; for a cookie a keyed hash, for a command its name; else empty."""


NO_CREDENTIAL = Credential("")


def credential_of(auth: Any) -> Credential | None:
    """Return the credential behind DRF's `request.auth`: kind "other" if it names none, None if it is None."""
    return None if auth is None else getattr(auth, "credential", Credential("other"))


@dataclass(frozen=True)
class Origin:
    """The origin of an action: request id, client address and credential. Each is empty where it is unknown."""

    request_id: str = ""
    client_address: str = ""
    credential: Credential = NO_CREDENTIAL
    signed_in_at: datetime | None = None
    """When the user last proved who they are, such as by a password; None where that is unknown."""
    ends_at: datetime | None = None
    """When the credential ends at the latest, and with it what is made with it; None where that is unknown."""

    @classmethod
    def of_signed_in(cls, request: HttpRequest, auth: Any) -> Origin:
        """Return the origin of a request that DRF authenticated, with `auth` as its `request.auth`."""
        origin = cls.of(request, credential_of(auth))
        if auth is None:
            signed_in_at, ends_at = cookie_times(getattr(request, "session", None))
        else:
            signed_in_at, ends_at = getattr(auth, "signed_in_at", None), getattr(auth, "ends_at", None)
        return replace(origin, signed_in_at=signed_in_at, ends_at=ends_at)

    @classmethod
    def of(cls, request: HttpRequest, credential: Credential | None = None) -> Origin:
        """Return the origin of `request`. Without a `credential`, Django's session cookie counts, if there is one."""
        address = import_string(conf.client_address)(request)
        return cls(request_id_of(request), address, credential or _cookie_of(request))


def _cookie_of(request: HttpRequest) -> Credential:
    """Return the session cookie of the request as a credential, if there is one."""
    key = getattr(getattr(request, "session", None), "session_key", None)
    return NO_CREDENTIAL if key is None else cookie_credential(key)


def cookie_credential(session_key: str) -> Credential:
    """Return a session of Django's as a credential, named by a keyed hash: the session key itself would sign in."""
    digest = salted_hmac("projects.actors.cookie", session_key, algorithm="sha256").hexdigest()
    return Credential("cookie", digest[:32])


UNKNOWN_ORIGIN = Origin()


@dataclass(frozen=True, eq=False)
class Actor:
    """One acting party during one request or command.

    `roles` caches the roles that were read for this actor, by project id, so that a request reads each of them once.
    Do not keep an actor beyond its request: roles may change.
    """

    kind: ActorKind
    user: Any = None
    limits: Limits | None = None
    origin: Origin = UNKNOWN_ORIGIN
    roles: dict[Any, str | None] = field(default_factory=dict, repr=False)

    @property
    def only_project_id(self) -> UUID | None:
        """The only project that the credential reaches; None where it reaches everything that its user reaches."""
        return None if self.limits is None else self.limits.project_id

    @classmethod
    def from_user(cls, user: Any, limits: Limits | None = None, origin: Origin = UNKNOWN_ORIGIN) -> Actor:
        """Return an actor for a signed-in user, within the limits of their credential."""
        return cls(ActorKind.USER, user, limits, origin)

    @classmethod
    def from_staff(cls, user: Any, origin: Origin = UNKNOWN_ORIGIN) -> Actor:
        """Return an actor for an operator in the admin."""
        return cls(ActorKind.STAFF, user, origin=origin)

    @classmethod
    def system(cls, command: str = "") -> Actor:
        """Return an actor for the system itself, running the management command named `command`."""
        return cls(ActorKind.SYSTEM, origin=Origin(credential=Credential("command", command)))
