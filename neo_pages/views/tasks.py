"""What would a task see? The answer as a table, and from there a grant, whose token is shown once."""

from __future__ import annotations

import shlex
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from rest_framework.exceptions import APIException

from neo_base.rest.errors import AlreadyMade
from neo_base.rest.refused_attempts import get_visible_or_404
from neo_base.rest.urls import address
from neo_pages.access import PageRequest, only_forms, signed_in
from neo_pages.decisions import decisions_of
from neo_pages.forms.tasks import GrantForm, SelectionForm
from neo_pages.once import made_before, make_once
from neo_pages.owners import owners_on
from secrets_app.actions.grants import GrantRequest, NewGrant, create_grant, explain_grant, revoke_grant
from secrets_app.models import TaskGrant

GRANTS_SHOWN = 20


@signed_in
def tasks(request: PageRequest) -> HttpResponse:
    """Ask whose task and what it selects; show what it would get, and the form of a grant."""
    owners = owners_on(request)
    if request.method != "POST":
        form = SelectionForm(owners=owners, initial={"project": request.GET.get("project", "")})
        return render(request, "neo_pages/tasks/ask.html", _context(request, form))
    form = SelectionForm(request.POST, owners=owners)
    if form.is_valid():
        try:
            grant = explain_grant(actor=request.actor, grant_request=GrantRequest(**_selected(form)))
        except APIException as error:
            if not form.add_refusal(error):
                raise
        else:
            terms = GrantForm(owners=owners, initial=_initial(form))
            context = _context(request, form) | {"decisions": decisions_of(grant), "terms": terms, "is_answered": True}
            return render(request, "neo_pages/tasks/ask.html", context)
    return render(request, "neo_pages/tasks/ask.html", _context(request, form))


@only_forms
def grant(request: PageRequest) -> HttpResponse:
    """Create a grant, and show its token in this answer alone."""
    form = GrantForm(request.POST, owners=owners_on(request))
    if form.is_valid():
        given = form.cleaned_data
        asked = GrantRequest(
            **_selected(form),
            latest=given["latest"],
            scopes=form.scopes,
            ttl=60 * given["minutes"],
            max_uses=given["max_uses"],
            task_id=given["task_id"],
        )
        try:
            create = partial(create_grant, actor=request.actor, grant_request=asked)
            return _shown_once(request, make_once(request, form.key, create, lambda made: made.row), form)
        except AlreadyMade as error:
            text = gettext(
                "This form was sent twice. The grant was made and its token shown once: revoke it if you lack it."
            )
            made_before(request, error, text)
            return redirect("neo_pages:tasks")
        except APIException as error:
            if not form.add_refusal(error):
                raise
    return render(request, "neo_pages/tasks/terms.html", {"terms": form})


@only_forms
def revoke(request: PageRequest, grant_id: UUID) -> HttpResponse:
    row = get_visible_or_404(TaskGrant.objects.visible_to(request.actor), grant_id)
    revoke_grant(actor=request.actor, grant_id=row.pk)
    messages.success(request, gettext("The grant is revoked. Its token gives nothing any more."))
    return redirect("neo_pages:tasks")


def _selected(form: SelectionForm) -> dict[str, Any]:
    given = form.cleaned_data
    return {
        "project_id": UUID(given["project"]) if given["project"] else None,
        "secrets": given["names"],
        "include_default": given["include_default"],
    }


def _initial(form: SelectionForm) -> dict[str, Any]:
    """Return the selection for the form of a grant, which carries it along."""
    given = form.cleaned_data
    return {**given, "names": " ".join(str(name) for name in given["names"])}


def _context(request: PageRequest, form: SelectionForm) -> dict[str, Any]:
    rows = TaskGrant.objects.visible_to(request.actor).usable().select_related("project")
    return {"form": form, "grants": rows[:GRANTS_SHOWN]}


def _shown_once(request: PageRequest, new: NewGrant, form: GrantForm) -> HttpResponse:
    selected = _selected(form)
    options = [] if selected["project_id"] is None else ["--project", str(selected["project_id"])]
    options += [part for name in selected["secrets"] for part in ("--secret", str(name))]
    options += [] if selected["include_default"] else ["--no-default"]
    site = request.build_absolute_uri("/").rstrip("/")
    context = {
        "grant": new.row,
        "token": new.text,
        "names": [each.name for each in new.row.granted_secrets],
        "site": site,
        "address": site + address("runtime-environment", "secrets_app"),
        "options": shlex.join(options),
    }
    return render(request, "neo_pages/tasks/granted.html", context)
