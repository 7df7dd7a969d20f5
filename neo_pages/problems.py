"""Errors of actions in words: beside the field that they are about, above a form, or on a page of their own."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, Throttled

from neo_base.rest.errors import Conflict, NamedConflict, PreconditionFailed, Unavailable
from neo_base.rest.languages import Text
from neo_base.rest.outages import outage_of
from neo_base.rest.problems import code_of, headers_of

FIELDS: Mapping[str, str] = {"name_taken": "name", "expiry_passed": "expires_at", "expiry_too_late": "expires_at"}
"""The field of a form that an error is about, by its code."""

TITLES: Mapping[int, Text] = {
    HTTPStatus.FORBIDDEN: _("You may not do this"),
    HTTPStatus.NOT_FOUND: _("There is no such page"),
    HTTPStatus.METHOD_NOT_ALLOWED: _("This is no page"),
    HTTPStatus.CONFLICT: _("This does not go together"),
    HTTPStatus.TOO_MANY_REQUESTS: _("Too much at once"),
    HTTPStatus.SERVICE_UNAVAILABLE: _("Not available at the moment"),
}

SENTENCES_BY_CODE: Mapping[str, Text] = {
    "method_not_allowed": _("This address only takes forms, so there is nothing to see. Nothing was changed.")
}
TITLES_BY_CODE: Mapping[str, Text] = {"no_such_invitation": _("This invitation does not work")}


def sentence(error: APIException) -> str:
    """Return what happened and what to do, in the current language."""
    if isinstance(error, PreconditionFailed):
        return gettext("Somebody changed this secret meanwhile. Nothing was saved: load the page again.")
    if code_of(error) in SENTENCES_BY_CODE:
        return str(SENTENCES_BY_CODE[code_of(error)])
    if type(error) is not Throttled and not isinstance(error.detail, dict | list):
        return str(error.detail)
    if isinstance(error, Throttled):
        return gettext("Too many requests. Wait a moment, then try again.")
    return gettext("The input is invalid. Correct it, then try again.")


def show_in(form: forms.Form, error: APIException) -> bool:
    """Add a conflict to the form that caused it, beside its field; return False for what is no conflict."""
    if not isinstance(error, Conflict | PreconditionFailed):
        return False
    field = FIELDS.get(code_of(error))
    form.add_error(field if field in form.fields else None, sentence(error))
    if isinstance(error, NamedConflict):
        for messages in error.errors.values():
            for message in messages:
                form.add_error(None, str(message))
    return True


def requires_sign_in(error: APIException) -> bool:
    """Return whether the session has ended, so that signing in again is the answer."""
    return error.status_code == HTTPStatus.UNAUTHORIZED


def problem_page(request: HttpRequest, error: APIException) -> HttpResponse:
    """Return a page in words for an error, with its status and the headers that this needs."""
    title = TITLES_BY_CODE.get(code_of(error)) or TITLES.get(error.status_code, _("This did not work"))
    context = {"title": title, "sentence": sentence(error)}
    page = render(request, "neo_pages/problem.html", context, status=error.status_code)
    for name, value in headers_of(error).items():
        page.headers[name] = value
    if isinstance(error, Unavailable):
        # For the log and the metrics of the site.
        page.outage = outage_of(error)  # type: ignore[attr-defined]
    return page
