"""The members of a project and its invitations: who belongs to it, in which role, and who may come."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from rest_framework.exceptions import APIException

from neo_base import mail
from neo_base.access.roles import Role
from neo_base.rest.errors import AlreadyMade, Missing
from neo_pages.access import PageRequest, only_forms, signed_in
from neo_pages.attempts import attempt
from neo_pages.once import made_before, make_once
from neo_pages.projects.forms import InvitationForm, MemberForm, NewRoleForm
from neo_pages.projects.visible import visible_project
from projects import actions, invitation_actions, invitation_mail
from projects.errors import NoSuchUser
from projects.models import Invitation, Membership
from projects.policies import Permission

SHOWN_AT_MOST = 500
"""How many members and how many open invitations one page lists."""


@signed_in
def members(request: PageRequest, project_id: UUID) -> HttpResponse:
    """List members and open invitations; for admins, with forms to invite and to add somebody."""
    return _page(request, project_id, InvitationForm(), MemberForm())


@only_forms
def invite(request: PageRequest, project_id: UUID) -> HttpResponse:
    """Invite somebody by mail, or where the site sends none, by a link that is shown once."""
    visible_project(request.actor, project_id, Permission.INVITATIONS_MANAGE)
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _page(request, project_id, form, MemberForm())
    asked = {"actor": request.actor, "project_id": project_id, **form.cleaned_data}
    site = request.build_absolute_uri("/").rstrip("/")
    try:
        if not mail.is_on():
            return _show_link(request, project_id, form.key, asked, site)
        invite_them = partial(invitation_actions.invite, **asked, site=site)
        invitation = make_once(request, form.key, invite_them)
    except AlreadyMade as error:
        made_before(request, error, gettext("This form was sent twice: the invitation is made, once."))
        return redirect("neo_pages:project_members", project_id)
    if invitation.sent_at is None:
        text = gettext("The mail to %(email)s could not be sent. Invite again in a while.")
        messages.error(request, text % {"email": invitation.email})
    else:
        messages.success(request, gettext("%(email)s is invited.") % {"email": invitation.email})
    return redirect("neo_pages:project_members", project_id)


@only_forms
def add(request: PageRequest, project_id: UUID) -> HttpResponse:
    """Add somebody who has an account."""
    visible_project(request.actor, project_id, Permission.MEMBERS_MANAGE)
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            actions.add_member(actor=request.actor, project_id=project_id, **form.cleaned_data)
        except NoSuchUser as error:
            form.add_error("username", str(error.detail))
        except APIException as error:
            if not form.add_refusal(error):
                raise
        else:
            messages.success(request, gettext("%(name)s is a member now.") % {"name": form.cleaned_data["username"]})
            return redirect("neo_pages:project_members", project_id)
    return _page(request, project_id, InvitationForm(), form)


@only_forms
def change_role(request: PageRequest, project_id: UUID, user_id: str) -> HttpResponse:
    form = NewRoleForm(request.POST)
    role = Role(form.cleaned_data["role"]) if form.is_valid() else None
    if role is None:
        raise Missing()
    return _change(request, project_id, user_id, partial(actions.change_role, role=role), gettext("Saved."))


@only_forms
def remove(request: PageRequest, project_id: UUID, user_id: str) -> HttpResponse:
    return _change(request, project_id, user_id, actions.remove_member, gettext("Removed."))


@only_forms
def transfer(request: PageRequest, project_id: UUID, user_id: str) -> HttpResponse:
    done = gettext("The project is handed over. You are a member now.")
    return _change(request, project_id, user_id, actions.transfer_project, done)


@only_forms
def revoke(request: PageRequest, project_id: UUID, invitation_id: UUID) -> HttpResponse:
    visible_project(request.actor, project_id, Permission.INVITATIONS_MANAGE)
    invitation_actions.revoke_invitation(actor=request.actor, project_id=project_id, invitation_id=invitation_id)
    messages.success(request, gettext("The invitation is revoked."))
    return redirect("neo_pages:project_members", project_id)


def _change(
    request: PageRequest, project_id: UUID, user_id: str, act: Callable[..., object], done: str
) -> HttpResponse:
    visible_project(request.actor, project_id, Permission.PROJECT_VIEW)
    key = _user_key(user_id)
    attempt(request, partial(act, actor=request.actor, project_id=project_id, user_id=key), done)
    return redirect("neo_pages:project_members", project_id)


def _user_key(text: str) -> Any:
    """Return the id in the type of the site's user model. Raises Missing if it is none."""
    key = Membership._meta.get_field("user").target_field
    try:
        return key.clean(text, None)
    except ValidationError:
        raise Missing() from None


def _page(request: PageRequest, project_id: UUID, invitation: InvitationForm, member: MemberForm) -> HttpResponse:
    project = visible_project(request.actor, project_id, Permission.MEMBERS_VIEW)
    is_admin = project.role == Role.ADMIN
    rows = Membership.objects.of_project(project_id).select_related("user")[:SHOWN_AT_MOST]
    invited = Invitation.objects.of_project(project_id).unanswered()[:SHOWN_AT_MOST] if is_admin else []
    context = {
        "project": project,
        "is_admin": is_admin,
        "rows": [(row, getattr(row.user, row.user.get_email_field_name(), "")) for row in rows],
        "roles": Role.choices,
        "invited": invited,
        "invitation": invitation,
        "member": member,
        "sends_mail": mail.is_on(),
    }
    return render(request, "neo_pages/projects/members.html", context)


def _show_link(request: PageRequest, project_id: UUID, key: str, asked: dict[str, Any], site: str) -> HttpResponse:
    """Show the link of a new invitation, once: in the answer itself, which no browser or proxy stores."""
    new = make_once(request, key, partial(invitation_actions.invite_by_link, **asked), lambda made: made.row)
    context = {
        "invitation": new.row,
        "link": invitation_mail.link(new.token, site),
        "back": reverse("neo_pages:project_members", args=[project_id]),
    }
    return render(request, "neo_pages/projects/link.html", context)
