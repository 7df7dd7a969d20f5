"""The list of projects, and what can be done to one of them: its settings, leaving it, and deleting it."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from rest_framework.exceptions import APIException

from neo_base.rest.errors import AlreadyMade
from neo_pages.access import PageRequest, signed_in
from neo_pages.attempts import attempt
from neo_pages.once import made_before, make_once
from neo_pages.projects.forms import DeletionForm, NewProjectForm, ProjectForm
from neo_pages.projects.visible import visible_project
from projects import actions
from projects.models import Membership, Project
from projects.policies import Permission
from secrets_app.models import Secret, SecretVersion, ServiceToken, TaskGrant
from secrets_app.owners import Owner

TO_LIST = "neo_pages:projects"


@signed_in
def projects(request: PageRequest) -> HttpResponse:
    """List the projects of the person, and create one."""
    form = NewProjectForm(request.POST or None)
    if form.is_valid():
        create = partial(actions.create_project, actor=request.actor, **form.cleaned_data)
        try:
            project = make_once(request, form.key, create)
        except AlreadyMade as error:
            text = gettext("This form was sent twice: the project is created, once.")
            return redirect("neo_pages:project_members", made_before(request, error, text))
        messages.success(request, gettext("%(name)s is created. Invite the others.") % {"name": project})
        return redirect("neo_pages:project_members", project.pk)
    rows = Project.objects.visible_to(request.user).with_people()
    return render(request, "neo_pages/projects/list.html", {"rows": rows, "form": form})


@signed_in
def settings(request: PageRequest, project_id: UUID) -> HttpResponse:
    """Show name, tags and notes; change them, for admins."""
    project = visible_project(request.actor, project_id, Permission.PROJECT_VIEW)
    initial = {name: getattr(project, name) for name in ProjectForm.base_fields}
    form = ProjectForm(request.POST or None, initial=initial)
    if request.method == "POST":
        visible_project(request.actor, project_id, Permission.PROJECT_UPDATE)
        if form.is_valid():
            actions.update_project(actor=request.actor, project_id=project_id, changes=form.changes())
            messages.success(request, gettext("Saved."))
            return redirect("neo_pages:project_settings", project_id)
    return render(request, "neo_pages/projects/settings.html", {"project": project, "form": form})


@signed_in
def leave(request: PageRequest, project_id: UUID) -> HttpResponse:
    """Ask first; then leave the project."""
    project = visible_project(request.actor, project_id, Permission.MEMBERS_LEAVE)
    if request.method == "POST":
        act = partial(actions.remove_member, actor=request.actor, project_id=project_id, user_id=request.user.pk)
        left = attempt(request, act, gettext("You have left %(name)s.") % {"name": project})
        return redirect(TO_LIST) if left else redirect("neo_pages:project_members", project_id)
    return render(request, "neo_pages/projects/leave.html", {"project": project})


@signed_in
def delete(request: PageRequest, project_id: UUID) -> HttpResponse:
    """Ask first, with what will be lost and for the project's name; then delete it."""
    project = visible_project(request.actor, project_id, Permission.PROJECT_DELETE)
    form = DeletionForm(request.POST if request.method == "POST" else None, expected=project.name)
    if form.is_valid():
        try:
            actions.delete_project(actor=request.actor, project_id=project_id)
        except APIException as error:
            if not form.add_refusal(error):
                raise
        else:
            messages.success(request, gettext("%(name)s is deleted.") % {"name": project})
            return redirect(TO_LIST)
    context = {"project": project, "form": form, "lost": _what_goes(project)}
    return render(request, "neo_pages/projects/delete.html", context)


def _what_goes(project: Any) -> dict[str, int]:
    """Return how many things of each kind are lost with the project. Costs five queries."""
    secrets = Secret.objects.owned_by(Owner(project_id=project.pk))
    return {
        "secrets": secrets.count(),
        "versions": SecretVersion.objects.filter(secret__in=secrets).count(),
        "members": Membership.objects.of_project(project.pk).count(),
        "grants": TaskGrant.objects.usable().filter(project=project.pk).count(),
        "tokens": ServiceToken.objects.usable().filter(project=project.pk).count(),
    }
