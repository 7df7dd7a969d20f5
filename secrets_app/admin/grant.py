"""The admin pages of task grants, on which operators view and revoke them. Of a token they show only the prefix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from neo_base.access.actors import ActorKind
from neo_base.admin.action_admin import REVOKED
from neo_base.admin.changelists import BoundedChangeList, LinkedFilter
from neo_base.admin.links import link_to, row_lookup
from neo_base.admin.read_only import RevocableAdmin
from secrets_app.actions.grants import revoke_grant
from secrets_app.admin.filters import UsableFilter
from secrets_app.admin.inlines import ReadOnlyInline
from secrets_app.admin.owned import OwnedAdmin
from secrets_app.admin.personal import names_personal_secrets
from secrets_app.models import AuditEvent, GrantedSecret, Secret, SetMember, TaskGrant
from secrets_app.models.granted_set import Granted
from secrets_app.models.task_grant import OwnerKind
from secrets_app.plaintext import BULLETS
from secrets_app.tasks.granted import load_granted

if TYPE_CHECKING:
    _FormSet = BaseInlineFormSet[Any, Any, Any]
else:
    _FormSet = BaseInlineFormSet

SHOWN = (
    *("prefix", "state_badges", "task_id", "thread_id", "user_link", "project_link", "service_token"),
    *("scope_list", "latest", "use_count", "created_at", "expires_at", "last_used_at", "revoked_at"),
)


class GrantsWithSecret(LinkedFilter):
    """A filter by one secret: the grants that give it by their granted set, or in a row of its own."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[TaskGrant]) -> QuerySet[TaskGrant]:
        with_row: Any = super().queryset(request, queryset)
        if not self.lookup_val:
            return queryset
        sets = SetMember.objects.filter(secret_id__in=self.lookup_val).values("granted_set_id")
        return queryset.filter(Q(granted_set__in=sets) | Q(pk__in=with_row.order_by().values("pk")))


class GrantedFormSet(_FormSet):
    """The rows of the table, from wherever the grant keeps them; with bullets for names that the operator may not see.

    The inline sets `operator` on the class.
    """

    operator: Any

    def get_queryset(self) -> Any:
        if not hasattr(self, "rows"):
            grant = self.instance
            is_named = names_personal_secrets(self.operator) or grant.user_id == self.operator.pk
            self.rows = [_row(each, is_named=is_named) for each in load_granted([grant])[0].granted_secrets]
            existing = Secret.objects.defer("value", "mask").in_bulk([row.secret_id for row in self.rows])
            for row in self.rows:
                row.secret = existing.get(row.secret_id)
        return self.rows


class GrantedInline(ReadOnlyInline):
    """The table of the secrets in a grant."""

    model = GrantedSecret
    formset = GrantedFormSet
    fields = readonly_fields = ("secret_link", "owner_kind", "version", "reason")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **kwargs)
        formset.operator = request.user
        return formset

    @admin.display(description=_("name"))
    def secret_link(self, granted: GrantedSecret) -> str:
        if granted.name == BULLETS:
            return BULLETS
        return link_to(self.admin_site, granted.secret) or gettext("%(name)s (deleted)") % {"name": granted.name}


def _row(granted: Granted, *, is_named: bool) -> GrantedSecret:
    """Return an unsaved row of the table; an unnamed one if the secret is personal and `is_named` is false."""
    columns = granted._asdict()
    if granted.owner_kind == OwnerKind.PERSONAL and not is_named:
        columns |= {"name": BULLETS, "secret_id": None}
    return GrantedSecret(**columns)


BY_SECRET = ("granted__secret", GrantsWithSecret)


class GrantList(BoundedChangeList):
    """The list of grants; tells those that their grantor ended from those that somebody else revoked."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = _with_ends(self.result_list)


def _with_ends(grants: Iterable[TaskGrant]) -> list[TaskGrant]:
    """Set `was_ended_by_its_own` on each grant, as the audit log tells it: in one query."""
    grants = list(grants)
    revoked = [str(grant.pk) for grant in grants if grant.revoked_at is not None]
    events = AuditEvent.objects.filter(event="grant.revoked", subject_id__in=revoked, actor_kind=ActorKind.USER.value)
    told = events.order_by().values_list("subject_id", "actor_id", "data") if revoked else []
    # With a reason, it ended together with something else, such as all sessions of its user.
    by_whom = {grant_id: actor_id for grant_id, actor_id, data in told if "reason" not in data}
    for grant in grants:
        grant.was_ended_by_its_own = by_whom.get(str(grant.pk)) == str(grant.user_id)  # type: ignore[attr-defined]
    return grants


@admin.register(TaskGrant)
class TaskGrantAdmin(RevocableAdmin, OwnedAdmin):
    """The pages of task grants."""

    fields = readonly_fields = SHOWN
    inlines = [GrantedInline]
    list_display = ["prefix", "task_id", "user_link", "project_link", "state_badges", "use_count", "created_at"]
    sortable_by = ["created_at"]
    list_select_related = ["user", "project"]
    list_filter = [
        UsableFilter,
        ("project", LinkedFilter),
        ("user", LinkedFilter),
        ("service_token", LinkedFilter),
        BY_SECRET,
    ]
    search_fields = ["prefix__startswith", "task_id__startswith", "thread_id__startswith"]
    search_help_text = _("The first characters of a token, a task id or a thread id.")
    allowed_lookups = frozenset({"usable"})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedChangeList]:
        return GrantList

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> TaskGrant | None:
        grant = super().get_object(request, *args, **kwargs)
        return None if grant is None else _with_ends([grant])[0]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Leave out the filter by secret if it could tell which grants have a personal secret that is not named."""
        if names_personal_secrets(request.user):
            return list(self.list_filter)
        return [each for each in self.list_filter if each != BY_SECRET]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        if lookup == row_lookup(TaskGrant, BY_SECRET[0]) and (
            request is None or not names_personal_secrets(request.user)
        ):
            return False
        return super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("uses"))
    def use_count(self, grant: TaskGrant) -> str:
        if grant.max_uses is None:
            return str(grant.uses)
        return gettext("%(uses)d of %(most)d") % {"uses": grant.uses, "most": grant.max_uses}

    @admin.action(description=_("Revoke the selected grants"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[TaskGrant]) -> None:
        actor = self.actor(request)
        live = queryset.filter(revoked_at=None)
        self.each(request, live, lambda grant: revoke_grant(actor=actor, grant_id=grant.pk), REVOKED)
