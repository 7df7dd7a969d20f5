"""Secrets, grants and audit events in answers: one function makes the JSON object, for a model and for a row alike.

The serializers describe the same objects for the OpenAPI document, and a test compares the two. To go through their
fields costs more than to read the rows.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from neo_base.rest.fields import in_utc
from secrets_app.masks import masked_value
from secrets_app.models import Secret, TaskGrant
from secrets_app.models.granted_set import Granted
from secrets_app.models.shown_event import ShownEvent
from secrets_app.models.shown_secret import ShownSecret
from secrets_app.plaintext import BULLETS

JSON = dict[str, Any]
OMITTED_MEMBERS = ("name", "owner", "secret_id", "reason")


def secret_out(row: Secret | ShownSecret) -> JSON:
    """Return what `SecretOut` describes. Opens the mask."""
    return _out(row, masked_value(row))


def secret_detail(row: Secret | ShownSecret) -> JSON:
    """Return what `SecretDetail` describes. Opens the mask once, however many members depend on it."""
    mask = masked_value(row)
    return {
        **_out(row, mask),
        "description": row.description,
        "version": row.version,
        "expires_at": in_utc(row.expires_at),
        "last_used_at": in_utc(row.last_used_at),
        "is_readable": mask is not None and not row.is_damaged,
        "is_maskable": row.is_maskable,
        "is_exempt_from_redaction": row.is_exempt_from_redaction,
        "is_quarantined": row.is_quarantined,
        "quarantine_reason": row.quarantine_reason,
        "task_id": row.task_id,
    }


def grant_out(grant: TaskGrant) -> JSON:
    """Return what `GrantOut` describes, of a grant with its secrets: see `tasks.granted.load_granted`."""
    return {
        **grant_explanation(grant),
        "id": grant.id,
        "uses": grant.uses,
        "created_at": in_utc(grant.created_at),
        "expires_at": in_utc(grant.expires_at),
        "last_used_at": in_utc(grant.last_used_at),
        "revoked_at": in_utc(grant.revoked_at),
    }


def grant_explanation(grant: TaskGrant) -> JSON:
    """Return what `GrantExplanation` describes."""
    return {
        "task_id": grant.task_id,
        "thread_id": grant.thread_id,
        "project_id": grant.project_id,
        "scopes": grant.scopes,
        "latest": grant.latest,
        "max_uses": grant.max_uses,
        # In the order of code points, whatever collation the database uses.
        "secrets": [_granted(each) for each in sorted(grant.granted_secrets, key=attrgetter("name"))],
        "omitted": [{name: each[name] for name in OMITTED_MEMBERS} for each in grant.omitted_secrets],
    }


def event_out(event: ShownEvent) -> JSON:
    """Return what `AuditEventOut` describes."""
    return {
        "id": event.id,
        "at": in_utc(event.at),
        "event": event.event,
        "outcome": event.outcome,
        "actor": {"kind": event.actor_kind, "id": event.actor_id, "name": event.actor_label},
        "credential": {"kind": event.credential_kind, "id": event.credential_id},
        "subject": {"kind": event.subject_kind, "id": event.subject_id, "name": event.subject_label},
        "project_id": event.project_id,
        "request_id": event.request_id,
        "address": event.address,
        "data": event.data,
    }


def _granted(secret: Granted) -> JSON:
    return {
        "name": secret.name,
        "owner": secret.owner_kind,
        "secret_id": secret.secret_id,
        "version": secret.version,
        "reason": secret.reason,
        "is_maskable": secret.is_maskable,
    }


def _out(row: Secret | ShownSecret, mask: str | None) -> JSON:
    return {
        "id": row.id,
        "name": row.name,
        "masked_value": BULLETS if mask is None else mask,
        "default_available": row.default_available,
        "created_by_agent": row.created_by_agent,
        "project_id": row.project_id,
        "created_at": in_utc(row.created_at),
        "updated_at": in_utc(row.updated_at),
    }
