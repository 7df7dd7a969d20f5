from projects.admin.invitation import InvitationAdmin
from projects.admin.membership import MembershipAdmin
from projects.admin.project import ProjectAdmin

__all__ = ["InvitationAdmin", "MembershipAdmin", "ProjectAdmin"]
