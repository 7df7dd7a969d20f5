"""What can go wrong with projects. Each error carries its HTTP status, a code and a sentence that says what to do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound

from neo_base.rest.errors import Conflict, Missing


class ProjectExists(Conflict):
    default_detail = _("A project with this id exists. Choose another id, or leave it out.")
    default_code = "project_exists"


class AlreadyAMember(Conflict):
    default_detail = _("This user is a member already. Change the role of the member instead.")
    default_code = "already_a_member"


class LastAdmin(Conflict):
    default_detail = _("A project keeps at least one admin. Make another member admin first.")
    default_code = "last_admin"


class NoSuchUser(NotFound):
    default_detail = _("No active user has this username.")
    default_code = "no_such_user"


class TransferToYourself(Conflict):
    default_detail = _("The project is yours already. Name another member.")
    default_code = "transfer_to_yourself"


class TeamSharingOff(Conflict):
    default_detail = _("This site does not share projects with everyone. Its operator turns that on with a team role.")
    default_code = "team_sharing_off"


class EmailOff(Conflict):
    default_detail = _("This site sends no e-mail, so nobody can be invited. Add an existing user as a member instead.")
    default_code = "email_off"


class NoSuchInvitation(Missing):
    """One answer, whatever is wrong, so that a token cannot be tried out."""

    default_detail = _(
        "The invitation is not valid, or no longer, or is for an account with another e-mail address. "
        "Ask for a new one."
    )
    default_code = "no_such_invitation"
