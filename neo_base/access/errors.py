"""What a policy refuses with: each error has its HTTP status, a code and a sentence that says what to do."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import PermissionDenied

from neo_base.rest.errors import AttemptFacts


class RefusedByProject(AttemptFacts, PermissionDenied):
    """403 that tells the audit log which project was asked about; the answer does not."""

    def __init__(self, project_id: UUID | None = None) -> None:
        super().__init__()
        self.project_id = project_id


class NotAMember(RefusedByProject):
    """The project is unknown or the caller does not belong to it: one answer for both, so that ids cannot be probed."""

    default_detail = _("Membership of the project is required.")
    default_code = "membership_required"


class RoleTooLow(RefusedByProject):
    """The caller belongs to the project, in a role that does not hold the permission."""

    default_detail = _("Your role does not allow this. Ask an admin of the project.")
    default_code = "role_too_low"


class ScopeMissing(RefusedByProject):
    """The caller may, and the token that they show may not."""

    default_detail = _("The token lacks the scope for this. Make one that has it, or sign in.")
    default_code = "scope_missing"
