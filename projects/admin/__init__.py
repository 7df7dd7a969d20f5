from projects.admin.invitation import InvitationAdmin
from projects.admin.project import ProjectAdmin

__all__ = ["InvitationAdmin", "ProjectAdmin"]
