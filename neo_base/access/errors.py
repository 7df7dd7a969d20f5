"""The errors of policies. Each has an HTTP status, a code for programs and a sentence that says what to do."""

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
    """403: the project is unknown or out of the caller's reach. One answer for both, so that ids cannot be probed."""

    default_detail = _("You have no access to this project. Check its id, or ask one of its admins to add you.")
    default_code = "membership_required"


class RoleTooLow(RefusedByProject):
    """403: the caller is a member of the project, but their role lacks the permission."""

    default_detail = _("Your role in the project does not allow this. Ask an admin of the project.")
    default_code = "role_too_low"


class ScopeMissing(RefusedByProject):
    """403: the caller may do this, but the token that they use lacks the scope."""

    default_detail = _("The token lacks the scope for this. Create a token that has it, or sign in.")
    default_code = "scope_missing"
