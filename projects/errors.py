"""The errors of projects. Each has an HTTP status, a code for programs and a sentence that says what to do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound

from neo_base.rest.errors import Conflict, Missing


class ProjectExists(Conflict):
    """409: the id of a new project is taken."""

    default_detail = _("A project with this id already exists. Choose another id, or leave it out to get one.")
    default_code = "project_exists"


class AlreadyAMember(Conflict):
    """409: the user belongs to the project already."""

    default_detail = _("This user is already a member of the project. To change their role, update the member.")
    default_code = "already_a_member"


class LastAdmin(Conflict):
    """409: the project would have no admin left who can sign in."""

    default_detail = _("A project needs at least one admin who can sign in. Make another member admin first.")
    default_code = "last_admin"


class NoSuchUser(NotFound):
    """404: no active user has the username."""

    default_detail = _("No active user has this username. Check the spelling.")
    default_code = "no_such_user"


class TransferToYourself(Conflict):
    """409: the actor named themselves as the new admin."""

    default_detail = _("You are an admin of the project already. Transfer it to another member.")
    default_code = "transfer_to_yourself"


class TeamSharingOff(Conflict):
    """409: the site's settings give the team no role."""

    default_detail = _("Sharing with the team is off on this site. Its operator can turn it on by setting a team role.")
    default_code = "team_sharing_off"


class EmailOff(Conflict):
    """409: the site sends no e-mail."""

    default_detail = _(
        "This site sends no e-mail, so it cannot send invitations. Add an existing user as a member instead."
    )
    default_code = "email_off"


class EmailOn(Conflict):
    """409: the site sends e-mail, so that nobody but the invited person gets the token."""

    default_detail = _("This site sends e-mail. Let it send the invitation instead of passing on its link.")
    default_code = "email_on"


class NoSuchInvitation(Missing):
    """404: the invitation cannot be used. One answer for all reasons, so that tokens cannot be probed."""

    default_detail = _(
        "The invitation is invalid or has ended, or it is for an account with another e-mail address. "
        "Ask an admin of the project for a new one."
    )
    default_code = "no_such_invitation"
