"""The invitations of the table, open and answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from projects.models import Invitation, Project
from projects.tokens import digest, new_token
from tests.cast import make_project, make_user

TOMORROW, YESTERDAY = timezone.now() + timedelta(days=1), timezone.now() - timedelta(days=1)
STATES: dict[str, dict[str, Any]] = {
    "open": {},
    "accepted": {"accepted_at": YESTERDAY},
    "declined": {"declined_at": YESTERDAY},
    "revoked": {"revoked_at": YESTERDAY},
    "expired": {"expires_at": YESTERDAY},
}


class Made(NamedTuple):
    id: UUID
    token: str


def invitations_into(project: Project, inviter: Any) -> dict[str, Made]:
    """One in each state, of nobody who has an account."""
    return {state: _invite(f"{state}@example.com", project, inviter, **columns) for state, columns in STATES.items()}


def invitations_of(users: Mapping[str, tuple[Any, Project]], inviter: Any) -> dict[tuple[str, str], Made]:
    """By name and by what has become of it; `users` come with a project of their own."""
    projects = {state: make_project(inviter, name=state) for state in STATES}
    left, leaver = make_project(inviter, name="left"), make_user("leaver")
    to_another = _invite("another@example.com", left, inviter)
    found = {}
    for name, (user, own_project) in users.items():
        for state, columns in STATES.items():
            found[name, state] = _invite(user.email, projects[state], inviter, **columns)
        found[name, "by an exmember"] = _invite(user.email, left, leaver)
        found[name, "into own project"] = _invite(user.email, own_project, user)
        found[name, "to a colleague"] = to_another
    return found


def _invite(email: str, project: Project, inviter: Any, **columns: Any) -> Made:
    """The row as it is written, since actions know neither its token nor the past."""
    token = new_token()
    written = {"project": project, "email": email, "role": "member", "invited_by": inviter, "expires_at": TOMORROW}
    return Made(Invitation.objects.create(**written | columns, token_digest=digest(token)).id, token)
