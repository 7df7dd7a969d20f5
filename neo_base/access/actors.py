"""Who acts. Every action takes one, so that API, admin and commands pass the same checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from neo_base.conf import conf
from neo_base.rest.request_ids import request_id_of


class ActorKind(Enum):
    USER = "user"
    """A signed-in user, whose memberships decide."""
    STAFF = "staff"
    """An operator in the Django admin, whose Django model permissions decide."""
    SYSTEM = "system"
    """A management command, run by whoever owns the machine."""


@dataclass(frozen=True)
class Limits:
    """What a credential takes away from its user: it never adds anything."""

    scopes: frozenset[str]
    """What it may do, in the words of the policy tables: "secrets:read" and the like."""
    project_id: UUID | None = None
    """The only project that it reaches; None for all that its user reaches, personal secrets included."""


class Credential(NamedTuple):
    """By what an actor has shown who he is. Nothing of the credential itself, only what names it in its table.

    An object that DRF knows as `request.auth` says so in an attribute `credential`.
    """

    kind: str
    """One of: session, service_token, task_grant, cookie, identity_provider, command, other; empty for none."""
    id: str = ""


NO_CREDENTIAL = Credential("")


def credential_of(auth: Any) -> Credential | None:
    """What stands for `request.auth` of DRF; None where it is empty."""
    return None if auth is None else getattr(auth, "credential", Credential("other"))


@dataclass(frozen=True)
class Origin:
    """Where an action came from: the request, the address of the client, the credential. All empty for nobody's."""

    request_id: str = ""
    client_address: str = ""
    credential: Credential = NO_CREDENTIAL

    @classmethod
    def of(cls, request: HttpRequest, credential: Credential | None = None) -> Origin:
        """Where `request` came from. Without a `credential`, it is the cookie of Django's session, if there is one."""
        address = import_string(conf.client_address)(request)
        return cls(request_id_of(request), address, credential or _cookie_of(request))


def _cookie_of(request: HttpRequest) -> Credential:
    """A keyed hash stands for the session: its key is the very cookie, and whoever has that is signed in."""
    key = getattr(getattr(request, "session", None), "session_key", None)
    if key is None:
        return NO_CREDENTIAL
    return Credential("cookie", salted_hmac("projects.actors.cookie", key, algorithm="sha256").hexdigest()[:32])


UNKNOWN_ORIGIN = Origin()


@dataclass(frozen=True, eq=False)
class Actor:
    """One acting party, for the length of one request or command.

    `roles` remembers the roles that were read for this actor, so that one request reads each of them once; an actor
    must not outlive its request.
    """

    kind: ActorKind
    user: Any = None
    limits: Limits | None = None
    origin: Origin = UNKNOWN_ORIGIN
    roles: dict[Any, str | None] = field(default_factory=dict, repr=False)

    @property
    def only_project_id(self) -> UUID | None:
        """The one project that the credential reaches; None where it reaches all that its user reaches."""
        return None if self.limits is None else self.limits.project_id

    @classmethod
    def from_user(cls, user: Any, limits: Limits | None = None, origin: Origin = UNKNOWN_ORIGIN) -> Actor:
        return cls(ActorKind.USER, user, limits, origin)

    @classmethod
    def from_staff(cls, user: Any, origin: Origin = UNKNOWN_ORIGIN) -> Actor:
        return cls(ActorKind.STAFF, user, origin=origin)

    @classmethod
    def system(cls, command: str = "") -> Actor:
        """The system itself, in the management command of this name."""
        return cls(ActorKind.SYSTEM, origin=Origin(credential=Credential("command", command)))
