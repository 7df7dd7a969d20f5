"""The lists of secrets: one's own, and each project's."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from neo_pages.access import PageRequest, signed_in
from neo_pages.owners import NamedOwner, may, named_owner
from secrets_app.masks import masked_value
from secrets_app.models import Secret
from secrets_app.policies import Permission


@signed_in
def personal_list(request: PageRequest) -> HttpResponse:
    return _list(request, named_owner(request.actor, None))


@signed_in
def project_list(request: PageRequest, project_id: UUID) -> HttpResponse:
    return _list(request, named_owner(request.actor, project_id))


def _list(request: PageRequest, named: NamedOwner) -> HttpResponse:
    # A list shows the mask, which is stored beside the value, so the value is not even fetched.
    rows = Secret.objects.visible_to(request.actor).owned_by(named.owner).defer("value").select_related("data_key")
    context = {
        "named": named,
        "rows": [(secret, masked_value(secret)) for secret in rows[:100]],
        "may_create": may(request.actor, Permission.SECRET_CREATE, named.owner),
    }
    return render(request, "neo_pages/secrets/list.html", context)
