"""The models: projects, memberships and invitations, each in a file with its query set."""

from projects.models.invitation import Invitation, InvitationState
from projects.models.membership import Membership
from projects.models.project import MAX_NAME_LENGTH, MAX_SETTINGS_LENGTH, Project

__all__ = ["MAX_NAME_LENGTH", "MAX_SETTINGS_LENGTH", "Invitation", "InvitationState", "Membership", "Project"]
