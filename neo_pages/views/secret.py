"""The page of one secret, and what can be done to it."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from rest_framework.exceptions import APIException

from neo_base.rest.errors import AlreadyMade
from neo_base.rest.refused_attempts import get_visible_or_404
from neo_pages.access import PageRequest, only_forms, signed_in
from neo_pages.forms.secrets import EditForm, NamedDestinationForm, ValueForm
from neo_pages.once import made_before, make_once
from neo_pages.owners import NamedOwner, may, named_owner, owners_on
from neo_pages.states import states_of, why_quarantined
from neo_pages.uses import uses_of
from secrets_app.actions.copies import copy_secret
from secrets_app.actions.moves import edit_secret
from secrets_app.actions.secrets import delete_secret, promote_secret, restore_version, update_secret
from secrets_app.masks import masked_value
from secrets_app.models import Secret, SecretVersion
from secrets_app.policies import Permission, promotion_of, require

TO_SECRET = "neo_pages:secret"


def _visible(request: PageRequest, secret_id: UUID, permission: Permission) -> tuple[Secret, NamedOwner]:
    """Return the secret and its owner; raise Missing if the person cannot see it, RoleTooLow without the permission."""
    rows = Secret.objects.visible_to(request.actor).select_related("data_key")
    secret = get_visible_or_404(rows, secret_id)
    require(request.actor, permission, secret.owner)
    return secret, named_owner(request.actor, secret.project_id)


@signed_in
def show(request: PageRequest, secret_id: UUID) -> HttpResponse:
    secret, named = _visible(request, secret_id, Permission.SECRET_VIEW)
    former = list(secret.former_versions.select_related("data_key"))
    for row in former:
        row.secret = secret  # Its owner is asked for each mask.
    versions: list[Secret | SecretVersion] = [secret, *former]
    context = {
        "secret": secret,
        "named": named,
        "mask": masked_value(secret),
        "states": list(states_of(secret)),
        "versions": [(row, None if row.is_damaged else masked_value(row)) for row in versions],
        "uses": uses_of(secret, request.GET.get("before", "")),
        "why_quarantined": why_quarantined(secret),
        "may_change": may(request.actor, Permission.SECRET_UPDATE, secret.owner),
        "may_promote": may(request.actor, promotion_of(secret.name, secret.owner), secret.owner),
    }
    return render(request, "neo_pages/secrets/secret.html", context)


@signed_in
def edit(request: PageRequest, secret_id: UUID) -> HttpResponse:
    secret, named = _visible(request, secret_id, Permission.SECRET_UPDATE)
    form = EditForm(
        request.POST or None,
        initial={name: getattr(secret, name) for name in EditForm.base_fields},
        may_promote=may(request.actor, Permission.SECRET_PROMOTE, secret.owner),
    )
    if form.is_valid():
        try:
            edit_secret(
                actor=request.actor,
                secret_id=secret_id,
                name=form.cleaned_data["name"],
                changes=form.changes(),
                if_match=[form.cleaned_data["etag"]],
            )
        except APIException as error:
            if not form.add_refusal(error):
                raise
        else:
            messages.success(request, gettext("Saved."))
            return redirect(TO_SECRET, secret_id)
    return _form_page(request, secret, named, form, gettext("Edit"), gettext("Save"))


@signed_in
def new_value(request: PageRequest, secret_id: UUID) -> HttpResponse:
    secret, named = _visible(request, secret_id, Permission.SECRET_UPDATE)
    form = ValueForm(request.POST or None)
    if form.is_valid():
        secret = update_secret(actor=request.actor, secret_id=secret_id, value=form.cleaned_data["value"])
        messages.success(request, gettext("The new value is version %(number)d.") % {"number": secret.version})
        return redirect(TO_SECRET, secret_id)
    return _form_page(request, secret, named, form, gettext("New value"), gettext("Store"))


@signed_in
def send(request: PageRequest, secret_id: UUID) -> HttpResponse:
    """Move the secret to another owner, or copy it there. The actions ask for more, at both ends."""
    secret, named = _visible(request, secret_id, Permission.RUNTIME_USE)
    destinations = [other for other in owners_on(request) if other.owner != secret.owner]
    form = NamedDestinationForm(request.POST or None, destinations=destinations, initial={"name": secret.name})
    if form.is_valid():
        act, done = (copy_secret, gettext("Copied.")) if form.is_copy else (edit_secret, gettext("Moved."))
        try:
            asked: dict[str, Any] = {"actor": request.actor, "secret_id": secret_id, "owner": form.owner}
            send_it = partial(act, **asked, name=form.cleaned_data["name"])
            there = make_once(request, form.key, send_it)
        except AlreadyMade as error:
            return redirect(
                TO_SECRET, made_before(request, error, gettext("This form was sent twice: it is done, once."))
            )
        except APIException as error:
            if not form.add_refusal(error):
                raise
        else:
            messages.success(request, done)
            return redirect(TO_SECRET, there.pk)
    return _form_page(request, secret, named, form, gettext("Move or copy"), gettext("Go on"))


@signed_in
def delete(request: PageRequest, secret_id: UUID) -> HttpResponse:
    """Ask first, with what will be lost; then delete."""
    secret, named = _visible(request, secret_id, Permission.SECRET_DELETE)
    if request.method == "POST":
        delete_secret(actor=request.actor, secret_id=secret_id)
        messages.success(request, gettext("%(name)s is deleted.") % {"name": secret.name})
        return HttpResponseRedirect(named.address)
    context = {"secret": secret, "named": named, "versions": 1 + secret.former_versions.count()}
    return render(request, "neo_pages/secrets/delete.html", context)


@only_forms
def promote(request: PageRequest, secret_id: UUID) -> HttpResponse:
    _visible(request, secret_id, Permission.SECRET_PROMOTE)
    promote_secret(actor=request.actor, secret_id=secret_id)
    messages.success(request, gettext("Promoted: it is a secret like any other now."))
    return redirect(TO_SECRET, secret_id)


@only_forms
def restore(request: PageRequest, secret_id: UUID, version: int) -> HttpResponse:
    _visible(request, secret_id, Permission.SECRET_UPDATE)
    secret = restore_version(actor=request.actor, secret_id=secret_id, version=version)
    numbers = {"former": version, "number": secret.version}
    messages.success(request, gettext("Version %(former)d is back, as version %(number)d.") % numbers)
    return redirect(TO_SECRET, secret_id)


def _form_page(
    request: PageRequest,
    secret: Secret,
    named: NamedOwner,
    form: ValueForm | EditForm | NamedDestinationForm,
    title: str,
    button: str,
) -> HttpResponse:
    context = {"secret": secret, "named": named, "form": form, "title": title, "button": button}
    return render(request, "neo_pages/secrets/form.html", context)
