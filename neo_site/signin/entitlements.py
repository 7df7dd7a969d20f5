"""Sessions of the API, and the audit events that explain them."""

from __future__ import annotations

from neo_base.audit.entitlements import Entitlement, EntitlementKind, Known, ReportedEvent
from neo_site.signin.models import Session


def _session(row: Session) -> Entitlement:
    return Entitlement(
        subject=row.subject,
        terms={"user_id": str(row.user_id)},
        says=f"{row.pk} of user {row.user_id}",
        user_id=row.user_id,
    )


def _apply_to_sessions(known: Known, event: ReportedEvent) -> None:
    key = ("", event.subject_id)
    known[key] = {"user_id": event.user_id} if event.event == "session.started" else None


KINDS = (
    EntitlementKind(
        "session",
        rows=lambda: Session.objects.live().order_by("pk"),
        read=_session,
        events=frozenset({"session.started", "session.ended", "session.replayed"}),
        apply=_apply_to_sessions,
    ),
)
