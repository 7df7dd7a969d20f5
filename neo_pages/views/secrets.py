"""The lists of secrets: one's own, and each project's; and what is done to several at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from neo_base.rest.languages import Text
from neo_pages.access import PageRequest, signed_in
from neo_pages.batches import each
from neo_pages.forms.secrets import DestinationForm
from neo_pages.listing import Listing
from neo_pages.owners import NamedOwner, may, named_owner, owners_on
from secrets_app.actions.copies import copy_secret
from secrets_app.actions.moves import edit_secret
from secrets_app.actions.secrets import delete_secret, promote_secret, update_secret
from secrets_app.models import Secret
from secrets_app.models.secret import SecretQuerySet
from secrets_app.policies import Permission

MAX_AT_ONCE = 500
ON, OFF = "switch_on", "switch_off"
"""The names of the buttons in the rows, whose value is the id of the secret."""

Act = Callable[[PageRequest, Secret], Any]


def _switch(*, on: bool) -> Act:
    def act(request: PageRequest, secret: Secret) -> None:
        update_secret(actor=request.actor, secret_id=secret.pk, changes={"default_available": on})

    return act


def _promote(request: PageRequest, secret: Secret) -> None:
    promote_secret(actor=request.actor, secret_id=secret.pk)


def _delete(request: PageRequest, secret: Secret) -> None:
    delete_secret(actor=request.actor, secret_id=secret.pk)


AT_ONCE: dict[str, tuple[Text, Act]] = {
    "on": (_("%(count)d switched on."), _switch(on=True)),
    "off": (_("%(count)d switched off."), _switch(on=False)),
    "promote": (_("%(count)d promoted."), _promote),
}
"""What is done to the chosen secrets without a question: the text of the message, and the act."""


@signed_in
def personal_list(request: PageRequest) -> HttpResponse:
    return _list(request, named_owner(request.actor, None))


@signed_in
def project_list(request: PageRequest, project_id: UUID) -> HttpResponse:
    return _list(request, named_owner(request.actor, project_id))


def _list(request: PageRequest, named: NamedOwner) -> HttpResponse:
    rows = Secret.objects.visible_to(request.actor).owned_by(named.owner)
    if request.method == "POST":
        return _change(request, named, rows)
    context = {
        "named": named,
        "listing": Listing(request.GET, rows),
        "may_create": may(request.actor, Permission.SECRET_CREATE, named.owner),
        "may_change": may(request.actor, Permission.SECRET_UPDATE, named.owner),
    }
    return render(request, "neo_pages/secrets/list.html", context)


def _change(request: PageRequest, named: NamedOwner, rows: SecretQuerySet) -> HttpResponse:
    """Do what a button of the list says, to the secret of its row or to the chosen ones."""
    back = request.get_full_path()
    for button, act in ((ON, "on"), (OFF, "off")):
        if button in request.POST:
            chosen = _chosen(rows, [request.POST[button]])
            _apply(request, chosen, act)
            return HttpResponseRedirect(f"{back}#s-{request.POST[button]}" if chosen else back)
    chosen, what = _chosen(rows, request.POST.getlist("chosen")), request.POST.get("act", "")
    if not chosen:
        messages.warning(request, gettext("Nothing was changed: choose secrets in the list first."))
    elif what in AT_ONCE:
        _apply(request, chosen, what)
    elif what == "delete":
        return _delete_chosen(request, named, chosen)
    elif what == "send":
        return _send_chosen(request, named, chosen)
    return HttpResponseRedirect(back)


def _apply(request: PageRequest, chosen: list[Secret], what: str) -> None:
    done, act = AT_ONCE[what]
    each(request, chosen, lambda row: act(request, row), done)


def _delete_chosen(request: PageRequest, named: NamedOwner, chosen: list[Secret]) -> HttpResponse:
    """Ask first, naming every secret and whose it is; then delete."""
    if "confirmed" not in request.POST:
        return render(request, "neo_pages/secrets/delete_chosen.html", {"named": named, "chosen": chosen})
    each(request, chosen, lambda row: _delete(request, row), _("%(count)d deleted."))
    return HttpResponseRedirect(request.get_full_path())


def _send_chosen(request: PageRequest, named: NamedOwner, chosen: list[Secret]) -> HttpResponse:
    """Ask where the secrets shall go; then move or copy each."""
    destinations = [other for other in owners_on(request) if other.owner != named.owner]
    form = DestinationForm(request.POST if "confirmed" in request.POST else None, destinations=destinations)
    if not form.is_valid():
        return render(request, "neo_pages/secrets/send_chosen.html", {"named": named, "chosen": chosen, "form": form})
    act, done = (copy_secret, _("%(count)d copied.")) if form.is_copy else (edit_secret, _("%(count)d moved."))
    each(request, chosen, lambda row: act(actor=request.actor, secret_id=row.pk, owner=form.owner), done)
    return HttpResponseRedirect(request.get_full_path())


def _chosen(rows: SecretQuerySet, ids: list[str]) -> list[Secret]:
    """Return the secrets of the list with these ids; texts that are no ids count as none."""
    keys = [key for key in ids[: MAX_AT_ONCE + 1] if _is_id(key)]
    return list(rows.filter(pk__in=keys).defer("value", "mask")) if len(keys) <= MAX_AT_ONCE else []


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
