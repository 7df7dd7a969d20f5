"""One action for several rows: each is an act of its own, so that a refusal of one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext
from rest_framework.exceptions import APIException

from neo_base.rest.languages import Text

REFUSALS_SHOWN = 20

Say = Callable[[APIException], str]
"""Announces a refusal as a refused attempt, if it is one, and returns it in words."""


def act_on_each(request: HttpRequest, rows: Iterable[Any], act: Callable[[Any], Any], done: Text, say: Say) -> None:
    """Call `act` for each row; then show `done` with the number of successes as `%(count)d`, and each refusal."""
    rows = list(rows)
    refusals = [refusal for row in rows if (refusal := _refusal(act, row, say))]
    if len(rows) > len(refusals):
        messages.success(request, done % {"count": len(rows) - len(refusals)})
    for refusal in refusals[:REFUSALS_SHOWN]:
        messages.error(request, refusal)
    if len(refusals) > REFUSALS_SHOWN:
        rest = {"count": len(refusals) - REFUSALS_SHOWN}
        messages.error(request, gettext("%(count)d more were refused.") % rest)


def _refusal(act: Callable[[Any], Any], row: Any, say: Say) -> str:
    """Call `act` for the row; return the reason if the action refused it, else an empty string."""
    shown = str(row)
    try:
        act(row)
    except APIException as error:
        return f"{shown}: {say(error)}"
    return ""
