"""Who sees a page: people who have signed in. What an action refuses becomes a page that says why."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit, urlunsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, get_script_prefix, resolve, reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.exceptions import APIException, MethodNotAllowed
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
            return private(_to_sign_in(request))
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


def only_forms(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Decorate a view that only takes forms, as `signed_in` does. Whoever loads its address is told so, with 405."""
    take = signed_in(view)

    @wraps(view)
    def take_form(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method == "POST":
            return take(request, *args, **kwargs)
        answer = problem_page(request, MethodNotAllowed(request.method or ""))
        answer.headers["Allow"] = "POST"
        return private(answer)

    take_form.takes_only_forms = True  # type: ignore[attr-defined]
    return take_form


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
        return _to_sign_in(request)
    return problem_page(request, error)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send the person to sign in, and then back: to this page, or if they sent a form, to the page that it was on."""
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path())
    messages.warning(request, gettext("You were signed out, so nothing was changed. Sign in, then do it again."))
    return redirect_to_login(_page_before(request))


def _page_before(request: HttpRequest) -> str:
    """Return the address of the page that the form was on, else of the home page: no address that only takes forms."""
    before, home = request.headers.get("Referer", ""), reverse("neo_pages:home")
    if not url_has_allowed_host_and_scheme(before, {request.get_host()}, require_https=request.is_secure()):
        return home
    address = urlsplit(before)
    try:
        match = resolve("/" + address.path.removeprefix(get_script_prefix()))
    except Resolver404:
        return home
    is_page = "neo_pages" in match.app_names and not getattr(match.func, "takes_only_forms", False)
    return urlunsplit(("", "", address.path, address.query, "")) if is_page else home
