"""Adding a secret."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from rest_framework.exceptions import APIException

from neo_base.rest.errors import AlreadyMade, Missing
from neo_pages.access import PageRequest, signed_in
from neo_pages.forms.secrets import NewSecretForm
from neo_pages.once import made_before, make_once
from neo_pages.owners import NamedOwner, named_owner
from secrets_app.actions.creation import Draft, create_secret
from secrets_app.models import Secret
from secrets_app.policies import Permission, require


def asked_owner(request: PageRequest) -> NamedOwner:
    """Return the owner that the address asks for, where the person may add secrets; without one, themselves."""
    asked = request.GET.get("project", "")
    try:
        named = named_owner(request.actor, UUID(asked) if asked else None)
    except ValueError:
        raise Missing() from None
    require(request.actor, Permission.SECRET_CREATE, named.owner)
    return named


@signed_in
def create(request: PageRequest) -> HttpResponse:
    named = asked_owner(request)
    form = NewSecretForm(request.POST or None)
    if form.is_valid():
        try:
            secret = make_once(request, form.key, partial(_create, request, named, form))
        except AlreadyMade as error:
            text = gettext("This form was sent twice: the secret is stored, once.")
            return redirect("neo_pages:secret", made_before(request, error, text))
        except APIException as error:
            if not form.add_refusal(error):
                raise
        else:
            messages.success(request, gettext("%(name)s is stored.") % {"name": secret.name})
            return redirect("neo_pages:secret", secret.pk)
    return render(request, "neo_pages/secrets/new.html", {"named": named, "form": form})


def _create(request: PageRequest, named: NamedOwner, form: NewSecretForm) -> Secret:
    return create_secret(actor=request.actor, draft=Draft(owner=named.owner, **form.cleaned_data))
