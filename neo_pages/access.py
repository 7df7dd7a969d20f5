"""Who sees a page: people who have signed in. What an action refuses becomes a page that says why."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from neo_base.access.actors import Actor, Origin
from neo_base.rest.problems import known_error
from neo_base.rest.refused_attempts import announce_refused
from neo_pages.problems import problem_page, requires_sign_in

P = ParamSpec("P")


class PageRequest(HttpRequest):
    """The request of somebody who has signed in, with the actor that actions and policies take."""

    actor: Actor
    user: Any  # The site's user model, and never anonymous.


View = Callable[Concatenate[PageRequest, P], HttpResponse]


def signed_in(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Decorate a view of a page: visitors go to the site's `LOGIN_URL`, refusals become pages, nothing is cached.

    The view gets a `PageRequest`. An error class of the API that it raises is announced as a refused attempt, if it is
    one, and shown in words. Nothing of the form is kept then, since it may hold a value.
    """

    @sensitive_post_parameters()
    @csrf_protect
    @wraps(view)
    def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return private(redirect_to_login(request.get_full_path()))
        asked = cast(PageRequest, request)
        asked.actor = Actor.from_user(request.user, origin=Origin.of_signed_in(request, None))
        try:
            return private(view(asked, *args, **kwargs))
        except SuspiciousOperation:
            # Such as a form that is too large: the site's page for 400 answers, as before the view is called.
            raise
        except Exception as error:
            known = known_error(error)
            if known is None:
                raise
            announce(request, known)
            return private(_refusal(request, known))

    return page


def announce(request: HttpRequest, error: APIException) -> None:
    """Announce a refusal as the API does: it was a user's attempt, and the address names what they asked for."""
    asked = Request(request)
    asked.user, asked.auth = request.user, None
    announce_refused(asked, error)


def private(response: HttpResponseBase) -> HttpResponseBase:
    """Return the response with headers that keep it out of every cache, and its address from other sites."""
    response.headers["Cache-Control"] = "no-store"
    response.headers.setdefault("Referrer-Policy", "same-origin")
    patch_vary_headers(response, ("Cookie",))
    return response


def _refusal(request: HttpRequest, error: APIException) -> HttpResponse:
    if requires_sign_in(error):
        return redirect_to_login(request.get_full_path())
    return problem_page(request, error)
