"""Every event that the record can hold. What is not in this list cannot be written: an unknown name is an error.

An event is named `subject.participle`. It says what its subject is, and which data it may carry, each of one kind; all
of them may be left out. `docs/audit.md` shows this list, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from secrets_app.audit.data import Kind, exposed, flag, identifier, moment, number, route, word, words
from secrets_app.models.audit import Outcome


class UnknownEvent(LookupError):
    """Code names an event that is not in the list."""


class UndeclaredData(ValueError):
    """Code gives an event data that it does not declare, or of another kind. Names the key and never the value."""


@dataclass(frozen=True)
class Event:
    name: str
    subject: str
    """What it happens to: the kind of the row's subject."""
    says: str
    data: Mapping[str, Kind] = field(default_factory=dict)
    outcome: Outcome = Outcome.DONE


EXPOSURE = "environment.exposed"
"""The event of plaintext that leaves. Its rows are found by each of the secrets in them."""

_DENIAL: Mapping[str, Kind] = {
    "status": number,
    "code": word,
    "method": word,
    "route": route,
    "times": number,
    "first_at": moment,
    "last_at": moment,
}

_LIST = (
    # Projects
    Event("project.created", "project", "A project was made; whoever made it is its admin."),
    Event(
        "project.updated",
        "project",
        "Name, settings, tags or sharing were set.",
        {"changed": words, "shared_with_team": flag},
    ),
    Event("project.deleted", "project", "A project was deleted, with its secrets and their data keys."),
    Event("project.transferred", "user", "The subject became admin, and the actor, who was admin, member."),
    Event("member.added", "user", "The subject became a member of the project.", {"role": word}),
    Event("member.changed", "user", "A member got another role.", {"role": word, "former_role": word}),
    Event("member.removed", "user", "A member left or was removed.", {"role": word}),
    Event("invitation.created", "invitation", "Somebody was invited by mail.", {"role": word}),
    Event("invitation.accepted", "invitation", "An invitation was accepted.", {"role": word}),
    Event("invitation.declined", "invitation", "An invitation was declined.", {"role": word}),
    Event("invitation.revoked", "invitation", "An invitation was revoked, or replaced by a new one.", {"role": word}),
    Event("invitations.cleared", "invitation", "Invitations that had long ended were deleted.", {"count": number}),
    # Secrets
    Event(
        "secret.created",
        "secret",
        "A secret was made.",
        {"created_by_agent": flag, "default_available": flag, "expires_at": moment},
    ),
    Event(
        "secret.updated",
        "secret",
        "A secret was changed; `value` among `changed` is a new version.",
        {"changed": words, "version": number, "default_available": flag, "expires_at": moment},
    ),
    Event(
        "secret.restored",
        "secret",
        "A former version became the current one again, as a new version.",
        {"version": number, "from_version": number},
    ),
    Event("secret.deleted", "secret", "A secret was deleted, with its versions.", {"version": number}),
    # Service tokens
    Event(
        "token.created",
        "token",
        "A service token was made.",
        {"scopes": words, "project_id": identifier, "expires_at": moment},
    ),
    Event("token.revoked", "token", "A service token was revoked."),
    # Task grants
    Event(
        "grant.created",
        "grant",
        "A task was granted secrets.",
        {
            "secrets": exposed,
            "scopes": words,
            "latest": flag,
            "max_uses": number,
            "expires_at": moment,
        },
    ),
    Event("grant.revoked", "grant", "A grant was ended before its time."),
    Event("grants.cleared", "grant", "Grants long past their end were deleted.", {"count": number}),
    Event(
        EXPOSURE,
        "grant",
        "A task got the values of its secrets: of these, in these versions.",
        {"secrets": exposed, "use": number},
    ),
    Event("secret.promoted", "secret", "A secret made by a task was let out of its quarantine."),
    Event("memory.cleared", "thread", "What a thread remembers was forgotten.", {"count": number}),
    # Sign-in
    Event("session.started", "session", "A user signed in.", {"interface": word, "expires_at": moment}),
    Event("session.refreshed", "session", "A refresh token was exchanged for the next."),
    Event("session.ended", "session", "A user signed out.", {"interface": word}),
    Event(
        "session.replayed", "session", "A used refresh token came back, and its session was ended.", {}, Outcome.DENIED
    ),
    Event(
        "sessions.revoked", "user", "Sessions of the subject were ended, by himself or an operator.", {"count": number}
    ),
    Event("sessions.cleared", "session", "Sessions past their end were deleted.", {"count": number}),
    Event("second_factor.added", "user", "The subject got a device for one-time codes.", {"replaced": flag}),
    Event("sign_in.unlocked", "user", "The pause after failed sign-ins was lifted."),
    Event("sign_in.refused", "user", "A sign-in failed; without a subject, no such user.", _DENIAL, Outcome.DENIED),
    Event("sign_in.paused", "user", "A sign-in had to wait after failed ones.", _DENIAL, Outcome.DENIED),
    # Refusals
    Event("credential.refused", "token", "A credential was presented that is not good.", _DENIAL, Outcome.DENIED),
    Event("access.denied", "object", "Somebody known asked for what he may not do or see.", _DENIAL, Outcome.DENIED),
    # The record itself
    Event("audit.exported", "audit", "The record was written out."),
    Event(
        "audit.pruned",
        "audit",
        "Rows of whole blocks were deleted.",
        {"entries": number, "first_block": number, "last_block": number, "before": moment},
    ),
)


def _registered(events: tuple[Event, ...]) -> Mapping[str, Event]:
    registry: dict[str, Event] = {}
    for event in events:
        if event.name in registry:
            raise ValueError(f"The event {event.name} is listed twice.")
        registry[event.name] = event
    return MappingProxyType(registry)


EVENTS = _registered(_LIST)


def event_named(name: str) -> Event:
    """Raises UnknownEvent."""
    if name not in EVENTS:
        raise UnknownEvent(f"{name} is not among the events in secrets_app/audit/events.py.")
    return EVENTS[name]


def checked(event: Event, data: Mapping[str, object]) -> dict[str, object]:
    """`data` as JSON holds it. Raises UndeclaredData."""
    undeclared = data.keys() - event.data.keys()
    if undeclared:
        raise UndeclaredData(f"{event.name} does not declare {', '.join(sorted(undeclared))}.")
    held = {}
    for key, value in data.items():
        try:
            held[key] = event.data[key](value)
        except (TypeError, ValueError, KeyError):
            # Without its cause: that may hold the value.
            raise UndeclaredData(f"{key} of {event.name} is not of its kind.") from None
    return held
