"""Admin pages whose changes go through actions, with the operator as the actor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException

from neo_base.access.actors import Actor, Origin
from neo_base.access.several import act_on_each
from neo_base.admin.changelists import BoundedInput, CappedPaginator, LinkedFilter
from neo_base.admin.links import list_address, row_lookup
from neo_base.admin.related_lists import registered_histories
from neo_base.admin.widgets import Autocomplete
from neo_base.page_transactions import begun_again
from neo_base.rest.errors import Unavailable
from neo_base.rest.languages import Text
from neo_base.rest.refused_attempts import announce_refused, announce_refused_page
from neo_base.transactions import atomic

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin

SAFE = ("GET", "HEAD", "OPTIONS")
MAX_AT_ONCE = 500
DELETED = _("%(count)d deleted.")
REVOKED = _("%(count)d revoked.")


class ShowsRefusals(_ModelAdmin):
    """A ModelAdmin that shows an action's refusal as a message. The form is not kept, since it may hold a value.

    Django makes each form one transaction, around the actions in it. So that is what begins again where the database
    could not serialize it.
    """

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return show_refusal(begun_again(super().changeform_view), request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return show_refusal(begun_again(super().delete_view), request, *args, **kwargs)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        atomic(super().delete_queryset)(request, queryset)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return show_refusal(super().changelist_view, request, *args, **kwargs)


class ActionAdmin(ShowsRefusals, BoundedInput):
    """A ModelAdmin whose changes go through actions, and whose lists never count a whole table.

    Lists count up to a limit, and filters show no counts. A lookup that neither `allowed_lookups` nor a
    `LinkedFilter` names is refused.
    """

    paginator = CappedPaginator
    show_full_result_count = False
    # Rendering the rows takes most of the time of a list, so there are fewer of them than Django's 100.
    list_per_page = 50
    show_facets = ShowFacets.NEVER
    actions = ["delete_selected"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in self.allowed_lookups or lookup in self._row_lookups()

    def _row_lookups(self) -> set[str]:
        linked: list[Any] = [
            entry[0] for entry in self.list_filter if isinstance(entry, tuple) and issubclass(entry[1], LinkedFilter)
        ]
        return {row_lookup(self.model, path) for path in linked}

    def is_asked_by_own_page(self, request: HttpRequest) -> bool:
        """Return whether `request` is for a page of this model, not for deleting an object that its rows belong to."""
        own = f"{self.opts.app_label}_{self.opts.model_name}_"
        return request.resolver_match is None or (request.resolver_match.url_name or "").startswith(own)

    def actor(self, request: HttpRequest) -> Actor:
        """Return the operator behind `request` as an actor."""
        return Actor.from_staff(request.user, Origin.of(request))

    def each(self, request: HttpRequest, rows: Iterable[Any], act: Callable[[Any], Any], done: Text) -> None:
        """Call `act` for each row; then show `done` with the number of successes as `%(count)d`, and each refusal.

        Each row is an action of its own: a refusal for one row does not stop the others. Above `MAX_AT_ONCE` rows,
        nothing is done and a message says so.
        """
        rows = list(rows[: MAX_AT_ONCE + 1] if isinstance(rows, QuerySet) else rows)
        if len(rows) > MAX_AT_ONCE:
            messages.error(
                request, gettext("Nothing was changed. Select at most %(count)d rows at once.") % {"count": MAX_AT_ONCE}
            )
            return
        act_on_each(request, rows, act, done, lambda refusal: _say(request, refusal))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Autocomplete(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.action(description=_("Delete selected %(verbose_name_plural)s"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Confirm on Django's own page, then delete row by row: Django would report refused deletions as done."""
        if not request.POST.get("post"):
            return delete_selected(self, request, queryset)
        *_others, missing_permissions, protected = self.get_deleted_objects(queryset, request)
        if missing_permissions or protected:
            raise PermissionDenied
        self.each(request, queryset, lambda row: self.delete_model(request, row), DELETED)
        return None

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return show_refusal(self._history_view, request, *args, **kwargs)

    def _history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Redirect to the object's audit events, where an app keeps them. That page checks its own permission, too."""
        filters = self.history_filters(unquote(object_id))
        address = (
            list_address(self.admin_site.name, registered_histories[-1], **filters) if registered_histories else ""
        )
        if not address:
            return super().history_view(request, object_id, extra_context)
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(address)

    def history_filters(self, object_id: str) -> dict[str, Any]:
        """Return the filters by which the list of audit events shows those about this object."""
        return {"subject_id": object_id}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing to Django's admin log: the audit log has the actions, and Django's would keep names."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing, for the reasons that `log_addition` gives."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Write nothing, for the reasons that `log_addition` gives."""


def _say(request: HttpRequest, refusal: APIException) -> str:
    announce_refused(request, refusal)
    return str(refusal.detail)


def show_refusal(view: Callable[..., HttpResponse], request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Return the response of `view`; if an action refuses, redirect to the same page and show the reason there."""
    try:
        return view(request, *args, **kwargs)
    except APIException as refusal:
        if request.method in SAFE and isinstance(refusal, Unavailable):
            # The same page would only be refused again.
            raise
        announce_refused(request, refusal)
        messages.error(request, str(refusal.detail))
        return HttpResponseRedirect(request.get_full_path())
    except PermissionDenied as refusal:
        announce_refused_page(request, refusal)
        raise
