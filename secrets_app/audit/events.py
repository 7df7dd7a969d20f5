"""Every event that the record can hold. What is not in this list cannot be written: an unknown name is an error.

An event is named `subject.participle`. It says what its subject is, and which data it may carry, each of one kind; all
of them may be left out. `docs/audit.md` shows this list, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from neo_base.rest.languages import Text
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
    says: Text
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
    Event("project.created", "project", _("A project was made; whoever made it is its admin.")),
    Event(
        "project.updated",
        "project",
        _("Name, settings, tags or sharing were set."),
        {"changed": words, "shared_with_team": flag},
    ),
    Event("project.deleted", "project", _("A project was deleted, with its secrets and their data keys.")),
    Event("project.transferred", "user", _("The subject became admin, and the actor, who was admin, member.")),
    Event("member.added", "user", _("The subject became a member of the project."), {"role": word}),
    Event("member.changed", "user", _("A member got another role."), {"role": word, "former_role": word}),
    Event("member.removed", "user", _("A member left or was removed."), {"role": word}),
    Event("invitation.created", "invitation", _("Somebody was invited by mail."), {"role": word}),
    Event("invitation.accepted", "invitation", _("An invitation was accepted."), {"role": word}),
    Event("invitation.declined", "invitation", _("An invitation was declined."), {"role": word}),
    Event(
        "invitation.revoked", "invitation", _("An invitation was revoked, or replaced by a new one."), {"role": word}
    ),
    Event("invitations.cleared", "invitation", _("Invitations that had long ended were deleted."), {"count": number}),
    # Secrets
    Event(
        "secret.created",
        "secret",
        _("A secret was made."),
        {"created_by_agent": flag, "default_available": flag, "expires_at": moment},
    ),
    Event(
        "secret.updated",
        "secret",
        _("A secret was changed; `value` among `changed` is a new version."),
        {"changed": words, "version": number, "default_available": flag, "expires_at": moment},
    ),
    Event(
        "secret.restored",
        "secret",
        _("A former version became the current one again, as a new version."),
        {"version": number, "from_version": number},
    ),
    Event("secret.deleted", "secret", _("A secret was deleted, with its versions."), {"version": number}),
    # Service tokens
    Event(
        "token.created",
        "token",
        _("A service token was made."),
        {"scopes": words, "project_id": identifier, "expires_at": moment},
    ),
    Event("token.revoked", "token", _("A service token was revoked.")),
    # Task grants
    Event(
        "grant.created",
        "grant",
        _("A task was granted secrets."),
        {
            "secrets": exposed,
            "scopes": words,
            "latest": flag,
            "max_uses": number,
            "expires_at": moment,
        },
    ),
    Event("grant.revoked", "grant", _("A grant was ended before its time.")),
    Event("grants.cleared", "grant", _("Grants long past their end were deleted."), {"count": number}),
    Event(
        EXPOSURE,
        "grant",
        _("A task got the values of its secrets: of these, in these versions."),
        {"secrets": exposed, "use": number},
    ),
    Event("secret.promoted", "secret", _("A secret made by a task was let out of its quarantine.")),
    Event("memory.cleared", "thread", _("What a thread remembers was forgotten."), {"count": number}),
    # Users
    Event("user.created", "user", _("An operator made a user.")),
    Event("user.updated", "user", _("An operator changed a user: these fields."), {"changed": words}),
    Event("user.deleted", "user", _("An operator deleted a user, with what was his alone.")),
    # Sign-in
    Event("session.started", "session", _("A user signed in."), {"interface": word, "expires_at": moment}),
    Event("session.refreshed", "session", _("A refresh token was exchanged for the next.")),
    Event("session.ended", "session", _("A user signed out."), {"interface": word}),
    Event(
        "session.replayed",
        "session",
        _("A used refresh token came back, and its session was ended."),
        {},
        Outcome.DENIED,
    ),
    Event(
        "sessions.revoked",
        "user",
        _("Sessions of the subject were ended, by himself or an operator."),
        {"count": number},
    ),
    Event("sessions.cleared", "session", _("Sessions past their end were deleted."), {"count": number}),
    Event("second_factor.added", "user", _("The subject got a device for one-time codes."), {"replaced": flag}),
    Event("sign_in.unlocked", "user", _("The pause after failed sign-ins was lifted.")),
    Event("sign_in.refused", "user", _("A sign-in failed; without a subject, no such user."), _DENIAL, Outcome.DENIED),
    Event("sign_in.paused", "user", _("A sign-in had to wait after failed ones."), _DENIAL, Outcome.DENIED),
    # Refusals
    Event("credential.refused", "token", _("A credential is missing, or is not good."), _DENIAL, Outcome.DENIED),
    Event(
        "access.denied",
        "object",
        _("Somebody known asked for what he may not do or see, or what is not there."),
        _DENIAL,
        Outcome.DENIED,
    ),
    # Keys
    Event(
        "data_keys.rewrapped", "master_key", _("Data keys were wrapped anew, by this master key."), {"count": number}
    ),
    Event(
        "data_keys.renewed",
        "data_key",
        _("Users and projects got new data keys; the former ones seal no more."),
        {"count": number},
    ),
    Event(
        "data_keys.resealed",
        "data_key",
        _("Values that this data key had sealed were sealed anew, by the newest one of their owner."),
        {"count": number},
    ),
    Event(
        "data_keys.destroyed",
        "data_key",
        _("Nothing is sealed by this data key any more, and it was destroyed."),
    ),
    Event("master_key.retired", "master_key", _("Nothing needs this master key any more, and it was forgotten.")),
    # The record itself
    Event("audit.exported", "audit", _("The record was written out.")),
    Event(
        "audit.pruned",
        "audit",
        _("Rows of whole blocks were deleted."),
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
