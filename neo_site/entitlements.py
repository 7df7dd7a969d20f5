"""Superusers, who may do anything, and the audit events that explain them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model

from neo_base.audit.entitlements import Entitlement, EntitlementKind, Known, ReportedEvent
from neo_base.audit.subjects import Subject


def _superuser(user: Any) -> Entitlement:
    return Entitlement(subject=Subject.of_user(user), terms={}, says=f"user {user.pk}", user_id=user.pk)


def _apply_to_superusers(known: Known, event: ReportedEvent) -> None:
    key = ("", event.subject_id)
    if event.event == "user.deleted":
        known[key] = None
    elif "is_superuser" in event.data:
        known[key] = {} if event.data["is_superuser"] else None


KINDS = (
    EntitlementKind(
        "superuser",
        rows=lambda: get_user_model()._default_manager.filter(is_superuser=True).order_by("pk"),
        read=_superuser,
        events=frozenset({"user.created", "user.updated", "user.deleted"}),
        apply=_apply_to_superusers,
    ),
)
