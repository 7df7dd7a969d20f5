"""Importing a `.env`: a preview by name, then all of it or nothing.

The preview holds names only. The text stays in the person's own browser: a script puts the preview beside it, and
without a script the preview opens in a tab of its own. So the server keeps no value between the two requests, sealed or
not, and writes none into a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext
from rest_framework.exceptions import APIException

from neo_pages.access import PageRequest, signed_in
from neo_pages.dotenv import Assignment
from neo_pages.forms.imports import ImportForm
from neo_pages.owners import NamedOwner
from neo_pages.views.creation import asked_owner
from secrets_app.actions.creation import Draft
from secrets_app.actions.imports import Imported, OnConflict, Outcome, import_secrets
from secrets_app.conf import conf
from secrets_app.models import Secret
from secrets_app.models.names import free_name
from secrets_app.policies import is_held_for_its_name


@dataclass(frozen=True)
class Line:
    """What an import will do with one assignment."""

    assignment: Assignment
    name: str
    is_taken: bool
    is_held: bool


@dataclass(frozen=True)
class Preview:
    """What an import will do, by name."""

    lines: Sequence[Line]
    on_conflict: OnConflict
    room: int

    @property
    def stored(self) -> list[Line]:
        return [line for line in self.lines if not line.assignment.is_empty]

    @property
    def is_refused(self) -> bool:
        """Return whether a taken name will keep everything from being imported."""
        return self.on_conflict == OnConflict.REFUSE and any(line.is_taken for line in self.stored)

    @property
    def exceeds(self) -> bool:
        """Return whether there is too little room for what is new."""
        is_rename = self.on_conflict == OnConflict.RENAME
        return sum(is_rename or not line.is_taken for line in self.stored) > self.room


@signed_in
def dotenv(request: PageRequest) -> HttpResponse:
    named = asked_owner(request)
    form = ImportForm(request.POST or None)
    context = {"named": named, "form": form}
    if form.is_valid():
        if "preview" in request.POST:
            preview = _preview(request, named, form)
            return render(request, "neo_pages/secrets/preview.html", context | {"preview": preview})
        try:
            imported = _import(request, named, form)
        except APIException as error:
            if not form.add_refusal(error):
                raise
        else:
            _tell(request, imported)
            return HttpResponseRedirect(named.address)
    return render(request, "neo_pages/secrets/import.html", context)


def _preview(request: PageRequest, named: NamedOwner, form: ImportForm) -> Preview:
    on_conflict = OnConflict(form.cleaned_data["on_conflict"])
    taken = set(Secret.objects.owned_by(named.owner).order_by().values_list("name", flat=True))
    room, lines = conf.max_secrets_per_scope - len(taken), []
    present = frozenset(taken)
    for each in form.cleaned_data["text"]:
        name = free_name(each.name, taken) if on_conflict == OnConflict.RENAME else each.name
        if not each.is_empty:
            taken.add(name)
        is_held = is_held_for_its_name(request.actor, name, named.owner)
        lines.append(Line(each, name, each.name in present, is_held))
    return Preview(lines, on_conflict, room)


def _import(request: PageRequest, named: NamedOwner, form: ImportForm) -> list[Imported]:
    is_default = form.cleaned_data["default_available"]
    return import_secrets(
        actor=request.actor,
        owner=named.owner,
        drafts=[
            Draft(named.owner, each.name, each.value, default_available=is_default)
            for each in form.cleaned_data["text"]
            if not each.is_empty
        ],
        on_conflict=OnConflict(form.cleaned_data["on_conflict"]),
    )


def _tell(request: PageRequest, imported: list[Imported]) -> None:
    numbers = {outcome.value: sum(each.outcome == outcome for each in imported) for outcome in Outcome}
    text = gettext("%(created)d stored, %(replaced)d got a new version, %(skipped)d left as they were.")
    messages.success(request, text % numbers)
