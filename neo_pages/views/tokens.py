"""Service tokens: made, shown once in the answer that makes them, listed and revoked; admins see a project's, too."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from rest_framework.exceptions import APIException

from neo_base.rest.errors import AlreadyMade
from neo_base.rest.refused_attempts import get_visible_or_404
from neo_pages.access import PageRequest, announce, only_forms, signed_in
from neo_pages.forms.tokens import SCOPES, TokenForm
from neo_pages.once import made_before, make_once
from neo_pages.owners import NamedOwner, may, named_owner, owners_on
from neo_pages.problems import sentence
from secrets_app.actions.tokens import UNSET, NewToken, create_token, revoke_token
from secrets_app.errors import SignInTooOld
from secrets_app.models import ServiceToken
from secrets_app.models.token import TokenScope
from secrets_app.policies import Permission

SHOWN_AT_MOST = 200


@signed_in
def personal_tokens(request: PageRequest) -> HttpResponse:
    """List all tokens of the person, and make one."""
    return _tokens(request, named_owner(request.actor, None))


@signed_in
def project_tokens(request: PageRequest, project_id: UUID) -> HttpResponse:
    """List the tokens that reach this project alone, of everybody for admins, else one's own; and make one."""
    return _tokens(request, named_owner(request.actor, project_id))


@only_forms
def revoke(request: PageRequest, token_id: UUID) -> HttpResponse:
    """Revoke a token, and go back to the list in which its button was."""
    token = get_visible_or_404(ServiceToken.objects.all(), token_id)
    revoke_token(actor=request.actor, token_id=token.pk)
    messages.success(request, gettext("The token is revoked. What it granted to tasks has ended, too."))
    if "of_project" in request.POST and token.project_id is not None:
        return redirect("neo_pages:project_tokens", token.project_id)
    return redirect("neo_pages:tokens")


def _tokens(request: PageRequest, named: NamedOwner) -> HttpResponse:
    projects = [each for each in owners_on(request) if each.project_id is not None]
    initial = {
        "project": named.project_id or "",
        "scopes": [TokenScope.RUNTIME_USE.value, TokenScope.SECRETS_READ.value],
    }
    form = TokenForm(request.POST or None, projects=projects, initial=initial)
    if form.is_valid():
        try:
            create = partial(_create, request, form.cleaned_data)
            return _shown_once(request, make_once(request, form.key, create, lambda made: made.row))
        except AlreadyMade as error:
            text = gettext(
                "This form was sent twice. The token was made and shown once: revoke it if you do not have it."
            )
            made_before(request, error, text)
            return redirect("neo_pages:tokens")
        except SignInTooOld as error:
            announce(request, error)
            return render(request, "neo_pages/tokens/sign_in_again.html", {"sentence": sentence(error)}, status=403)
        except APIException as error:
            if not form.add_refusal(error):
                raise
    return render(request, "neo_pages/tokens/list.html", _context(request, named, form))


def _create(request: PageRequest, given: dict[str, Any]) -> NewToken:
    return create_token(
        actor=request.actor,
        name=given["name"],
        scopes=given["scopes"],
        project_id=UUID(given["project"]) if given["project"] else None,
        expires_at=given["expires_at"] or UNSET,
    )


def _context(request: PageRequest, named: NamedOwner, form: TokenForm) -> dict[str, Any]:
    rows = ServiceToken.objects.filter(revoked_at=None).select_related("project", "user")
    of_everybody = named.project_id is not None and may(request.actor, Permission.PROJECT_TOKENS_MANAGE, named.owner)
    if not of_everybody:
        rows = rows.filter(user=request.user)
    if named.project_id is not None:
        rows = rows.of_project(named.project_id)
    words, now = dict(SCOPES), timezone.now()
    listed = [
        {
            "token": row,
            "scopes": [words.get(scope, scope) for scope in row.scopes],
            "has_ended": row.expires_at is not None and row.expires_at <= now,
        }
        for row in rows[:SHOWN_AT_MOST]
    ]
    return {"named": named, "form": form, "rows": listed, "of_everybody": of_everybody}


def _shown_once(request: PageRequest, new: NewToken) -> HttpResponse:
    context = {
        "token": new.row,
        "text": new.text,
        "site": request.build_absolute_uri("/").rstrip("/"),
        "gives_tasks": TokenScope.RUNTIME_USE.value in new.row.scopes,
    }
    return render(request, "neo_pages/tokens/new.html", context)
