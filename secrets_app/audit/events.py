"""The audit events of secrets, tokens, grants and keys, and of the audit log itself. `docs/audit.md` lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from neo_base.audit.catalogue import Bound, Event, Outcome
from neo_base.audit.event_fields import (
    Kind,
    flag,
    identifier,
    listed,
    matching,
    moment,
    number,
    route,
    word,
    words,
)
from secrets_app.models.audit import EXPOSURE, GRANT

NAMING_SECRETS = frozenset({GRANT, EXPOSURE})
"""The events whose `data` names secrets: by the digest of a granted set, in `set`; those older than sets in `secrets`.

In a project's task they are the project's and the member's."""

# A task may see every secret of two owners; the operator sets how many secrets an owner may have.
MAX_EXPOSED = 100_000
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,127}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FINGERPRINT = re.compile(r"[0-9a-f]{32}")


def exposed(value: Any) -> list[dict[str, Any]]:
    """Return the id, name and version of each exposed secret."""
    return [
        {"id": identifier(each["id"]), "name": matching(_NAME, each["name"]), "version": number(each["version"])}
        for each in listed(value, MAX_EXPOSED)
    ]


def secret_name(value: Any) -> str:
    """Return a name that a secret had."""
    return matching(_NAME, value)


def digest(value: Any) -> str:
    """Return a SHA-256 as hexadecimal digits."""
    return matching(_DIGEST, value)


def fingerprint(value: Any) -> str:
    """Return what `token_format.fingerprint` made of a token."""
    return matching(_FINGERPRINT, value)


REFUSED_ATTEMPT: Mapping[str, Kind] = {
    "status": number,
    "code": word,
    "method": word,
    "route": route,
    "times": number,
    "first_at": moment,
    "last_at": moment,
}
"""The data of an event that counts refused attempts."""

EVENTS = (
    # Secrets
    Event(
        "secret.created",
        "secret",
        _("A secret was created."),
        {"created_by_agent": flag, "default_available": flag, "expires_at": moment, "quarantine_reason": word},
    ),
    Event(
        "secret.updated",
        "secret",
        _("A secret was changed; `value` in `changed` means a new version."),
        {
            "changed": words,
            "version": number,
            "default_available": flag,
            "expires_at": moment,
            "is_exempt_from_redaction": flag,
            "quarantine_reason": word,
            "former_name": secret_name,
        },
    ),
    Event(
        "secret.departed",
        "secret",
        _("A secret was moved away, to a project or to somebody's personal secrets."),
        {"version": number, "to_project": identifier},
    ),
    Event(
        "secret.arrived",
        "secret",
        _("A secret was moved here, from a project or from somebody's personal secrets."),
        {"version": number, "from_project": identifier, "default_available": flag, "quarantine_reason": word},
    ),
    Event(
        "secret.copied",
        "secret",
        _("A copy of a secret went to a project or to somebody's personal secrets."),
        {"version": number, "to_project": identifier},
    ),
    Event(
        "secret.received",
        "secret",
        _("A secret was created as a copy of one from a project or from somebody's personal secrets."),
        {"version": number, "from_project": identifier},
    ),
    Event(
        "secret.restored",
        "secret",
        _("An earlier version was restored, as a new version."),
        {"version": number, "from_version": number, "is_exempt_from_redaction": flag, "quarantine_reason": word},
    ),
    Event(
        "secret.deleted",
        "secret",
        _("A secret was deleted, with all its versions."),
        {"version": number},
        bound=Bound.NONE,
    ),
    Event(
        "secret.damaged",
        "secret",
        _("A stored value does not open. Set a new value, or restore a backup."),
        {"version": number},
    ),
    Event("secret.recovered", "secret", _("A value that was found damaged opens again."), {"version": number}),
    Event(
        "secrets.verified",
        "secret",
        _("Every stored value was opened once, to see whether it can be."),
        {"opened": number, "damaged": number, "undecided": number},
    ),
    # Service tokens
    Event(
        "token.created",
        "token",
        _("A service token was created."),
        {"scopes": words, "project_id": identifier, "expires_at": moment, "fingerprint": fingerprint},
    ),
    Event(
        "token.revoked",
        "token",
        _("A service token was revoked; `reason` says with what it ended, where nobody revoked it by itself."),
        {"reason": word},
        bound=Bound.NONE,
    ),
    Event(
        "token.withdrawn",
        "token",
        _("An admin of a project revoked another user's service token for it."),
        bound=Bound.NONE,
    ),
    # Task grants
    Event(
        GRANT,
        "grant",
        _("A task grant was created."),
        {
            "set": digest,
            "secrets": exposed,
            "scopes": words,
            "latest": flag,
            "max_uses": number,
            "expires_at": moment,
            "fingerprint": fingerprint,
        },
    ),
    Event(
        "grant.revoked",
        "grant",
        _("A task grant was revoked; `reason` says with what it ended, where nobody revoked it by itself."),
        {"reason": word},
        bound=Bound.NONE,
    ),
    Event(
        "tokens.cleared",
        "token",
        _("Service tokens that ended long ago were deleted."),
        {"count": number},
        bound=Bound.NONE,
    ),
    Event(
        "grants.cleared",
        "grant",
        _("Task grants that ended long ago were deleted."),
        {"count": number},
        bound=Bound.NONE,
    ),
    Event(
        EXPOSURE,
        "grant",
        _("A task received the values of these secrets, in these versions."),
        {"set": digest, "secrets": exposed, "use": number},
        bound=Bound.USE,
    ),
    Event("secret.promoted", "secret", _("A secret was promoted out of quarantine.")),
    Event(
        "memory.cleared",
        "thread",
        _("The remembered secrets of a thread were forgotten."),
        {"count": number},
        bound=Bound.USE,
    ),
    # Refused attempts
    Event(
        "credential.refused",
        "token",
        _("A credential was missing, invalid or expired."),
        REFUSED_ATTEMPT,
        Outcome.REFUSED,
    ),
    Event(
        "access.denied",
        "object",
        _("A signed-in user asked for something forbidden or missing."),
        REFUSED_ATTEMPT,
        Outcome.REFUSED,
    ),
    # What gives access
    Event(
        "access.accepted",
        "object",
        _("An operator accepted a row that gives access and that no audit event explains."),
        {"kind": word, "terms": digest},
    ),
    Event(
        "access.retained",
        "object",
        _("A row that gives access was recorded anew, before the audit events that explain it were pruned."),
        {"kind": word, "terms": digest},
    ),
    # Keys
    Event("data_keys.rewrapped", "master_key", _("Data keys were wrapped by this master key."), {"count": number}),
    Event(
        "data_keys.renewed",
        "data_key",
        _("Users and projects received new data keys; the earlier ones seal nothing new."),
        {"count": number},
    ),
    Event(
        "data_keys.resealed",
        "data_key",
        _("Values sealed with this data key were sealed again with their owner's newest one."),
        {"count": number},
    ),
    Event(
        "data_keys.destroyed",
        "data_key",
        _("A data key that seals nothing any more was destroyed."),
    ),
    Event(
        "master_key.retired",
        "master_key",
        _("A master key that is not needed any more was retired."),
        {"last_block": number, "digest": digest},
    ),
    # The audit log itself
    Event(
        "audit.accepted",
        "audit",
        _("An operator looked at all that no audit event explains, and accepted it."),
        {"count": number},
    ),
    Event("audit.exported", "audit", _("The audit log was exported.")),
    Event(
        "audit.pruned",
        "audit",
        _("The audit events of whole blocks were deleted."),
        {"entries": number, "first_block": number, "last_block": number, "before": moment},
    ),
)
