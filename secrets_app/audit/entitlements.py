"""What gives access to secrets, and the audit events that explain it: service tokens and task grants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import QuerySet

from neo_base.audit.entitlements import Entitlement, EntitlementKind, Known, ReportedEvent, Terms
from neo_base.audit.event_fields import moment
from secrets_app.audit.granted_sets import is_sound
from secrets_app.models import GrantedSecret, ServiceToken, TaskGrant
from secrets_app.models.granted_set import Granted
from secrets_app.models.task_grant import Reason
from secrets_app.token_format import fingerprint


def _token(row: ServiceToken) -> Entitlement:
    return Entitlement(
        subject=row.subject,
        terms={
            "user_id": str(row.user_id),
            "scopes": sorted(row.scopes),
            "project_id": _text(row.project_id),
            "expires_at": moment(row.expires_at),
            "fingerprint": fingerprint(row.digest),
        },
        says=f"{row.pk} of user {row.user_id}",
        user_id=row.user_id,
    )


def _apply_to_tokens(known: Known, event: ReportedEvent) -> None:
    key, data = ("", event.subject_id), event.data
    if event.event == "token.revoked":
        known[key] = None
        return
    known[key] = {
        "user_id": event.user_id,
        "scopes": sorted(data.get("scopes", ())),
        "project_id": data.get("project_id"),
        "expires_at": data.get("expires_at"),
        **_fingerprint(event),
    }


def _grant(row: TaskGrant) -> Entitlement:
    return Entitlement(
        subject=row.subject,
        terms={
            "user_id": str(row.user_id),
            "project_id": _text(row.project_id),
            "scopes": sorted(row.scopes),
            "latest": row.latest,
            "max_uses": row.max_uses,
            "expires_at": moment(row.expires_at),
            "fingerprint": fingerprint(row.digest),
            "secrets": sorted([str(each.secret_id), each.name, each.version] for each in _granted(row)),
        },
        says=f"{row.pk} of user {row.user_id}",
        project_id=row.project_id,
        user_id=row.user_id if row.project_id is None else None,
    )


def _granted(row: TaskGrant) -> list[Granted | GrantedSecret]:
    """Return the secrets of the grant's set, and those in rows of their own; of an altered set, which gives none, none.

    A deleted secret is left out of the rows, which have forgotten its id, and stays in the set, as in the event.
    """
    given = row.granted_set.held.given if row.granted_set is not None and is_sound(row.granted_set) else ()
    return [*given, *(each for each in row.granted.all() if each.secret_id is not None)]


def _apply_to_grants(known: Known, event: ReportedEvent) -> None:
    data = event.data
    match event.event:
        case "grant.created":
            known["", event.subject_id] = {
                "user_id": event.actor_id,
                "project_id": _text(event.project_id),
                "scopes": sorted(data.get("scopes", ())),
                "latest": data.get("latest", False),
                "max_uses": data.get("max_uses"),
                "expires_at": data.get("expires_at"),
                **_fingerprint(event),
                "secrets": [[each["id"], each["name"], each["version"]] for each in data.get("secrets", ())],
            }
        case "grant.revoked":
            known["", event.subject_id] = None
        case "secret.created" if event.credential_kind == "task_grant":
            # A secret that a task makes is granted to that task.
            terms = known.get(("", event.credential_id))
            if terms is not None and "secrets" in terms:
                made = [event.subject_id, event.subject_label, 1]
                known["", event.credential_id] = {**terms, "secrets": [*terms["secrets"], made]}


def _fingerprint(event: ReportedEvent) -> Terms:
    """Return the fingerprint of the token, if the event has one: those of earlier releases do not."""
    return {name: value for name, value in event.data.items() if name == "fingerprint"}


def _agrees(known: Terms, found: Terms) -> bool:
    """Return whether all that the events say is so in the row."""
    return known == {name: found[name] for name in known}


def _made_by_tasks(rows: Sequence[TaskGrant]) -> Iterable[str]:
    return (
        str(each.secret_id)
        for row in rows
        for each in row.granted.all()
        if each.reason == Reason.CREATED and each.secret_id is not None
    )


def _allows(known: Terms, found: Terms) -> bool:
    """Return whether a grant gives no other secrets than it was created with; one may have been deleted since."""
    given = [each for each in found["secrets"] if each not in known["secrets"]]
    return not given and _agrees({**known, "secrets": ()}, {**found, "secrets": ()})


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _open_grants() -> QuerySet[TaskGrant]:
    return TaskGrant.objects.usable().select_related("granted_set").prefetch_related("granted").order_by("pk")


KINDS = (
    EntitlementKind(
        "service_token",
        rows=lambda: ServiceToken.objects.usable().order_by("pk"),
        read=_token,
        events=frozenset({"token.created", "token.revoked"}),
        apply=_apply_to_tokens,
        agrees=_agrees,
    ),
    EntitlementKind(
        "task_grant",
        rows=_open_grants,
        read=_grant,
        events=frozenset({"grant.created", "grant.revoked", "secret.created"}),
        apply=_apply_to_grants,
        other_subjects=_made_by_tasks,
        agrees=_allows,
    ),
)
