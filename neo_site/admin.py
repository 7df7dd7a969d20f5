"""Users and groups in the admin of this site."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from neo_base.access.actors import Actor, Origin
from neo_base.admin.action_admin import ShowsRefusals, show_refusal
from neo_base.admin.users import BoundedGroups, BoundedUsers
from neo_base.audit.subjects import Subject
from neo_base.page_transactions import begun_again
from neo_base.transactions import atomic
from neo_site.accounts.one_time_links import make_link
from neo_site.accounts.passwords import require_change
from neo_site.signin.living_tokens import warn_of_living_tokens
from projects.models import Membership
from secrets_app.admin.personal import names_personal_secrets
from secrets_app.audit.recording import record
from secrets_app.owners import Owner

if TYPE_CHECKING:
    _UserAdmin = UserAdmin[Any]
else:
    _UserAdmin = UserAdmin

admin.site.site_header = "Neo Secrets"
admin.site.site_title = "Neo Secrets"
admin.site.site_url = reverse_lazy("neo_pages:home")  # type: ignore[assignment]  # Django shows it as text.
admin.site.unregister([get_user_model(), Group])


@admin.register(get_user_model())
class SiteUserAdmin(ShowsRefusals, BoundedUsers, _UserAdmin):
    """The pages of users. Every change is in the audit log, and where that cannot be written, nothing is changed.

    Only superusers decide what a user may do, and by which name an identity provider signs them in.

    A user who is the only admin of a project cannot be deleted; the page says so before the deletion.
    """

    list_display = ("username", "email", "last_login", "is_active", "is_staff")
    actions = ("make_one_time_link",)

    def decided_by_superusers(self) -> list[str]:
        """Add the field that names the user to the identity provider: with another's name, one signs in as them."""
        provider = settings.IDENTITY_PROVIDER
        return [*super().decided_by_superusers(), *([provider.user_field] if provider else [])]

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        found: Any = super().get_deleted_objects(objs, request)  # type: ignore[arg-type]
        to_delete, counts, missing, protected = found
        blocking = Membership.objects.last_admins(list(objs)).select_related("project")
        if not names_personal_secrets(request.user):
            # The inner lists are what goes with each user. Its number is in `counts`.
            to_delete = [each for each in to_delete if not isinstance(each, list)]
        sentence = gettext("Only admin of %(project)s")
        return to_delete, counts, missing, [*protected, *(sentence % {"project": row.project} for row in blocking)]

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Write the change into the audit log. Django calls this for each form that was saved, also that of a new
        password, in the transaction of its page."""
        user = form.instance if hasattr(form, "instance") else form.user
        if add:
            _record("user.created", request, user, **({"is_superuser": True} if user.is_superuser else {}))
            _mark_password(request, user)
        elif form.changed_data:
            shown = {"is_superuser": user.is_superuser} if "is_superuser" in form.changed_data else {}
            _record("user.updated", request, user, changed=sorted(form.changed_data), **shown)
            if user is not getattr(form, "instance", None):
                _mark_password(request, user)
                warn_of_living_tokens(request, user)
        return super().construct_change_message(request, form, formsets, add)

    def has_link_permission(self, request: HttpRequest) -> bool:
        """Return whether the operator may make links: who has one sets the password, which only superusers do."""
        return request.user.is_active and request.user.is_superuser

    @admin.action(description=_("Make a one-time link to choose a password"), permissions=["link"])
    def make_one_time_link(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Show the link in the answer, once: no redirect, which would have to keep it somewhere."""
        users = list(queryset.filter(is_active=True)[:2])
        if len(users) != 1 or queryset.count() != 1:
            self.message_user(request, gettext("Select one active user. Nothing was made."), messages.ERROR)
            return None
        path = make_link(actor=Actor.from_staff(request.user, Origin.of(request)), user=users[0])
        context = self.admin_site.each_context(request) | {"title": gettext("One-time link"), "subject": users[0]}
        page = render(request, "neo_site/one_time_link.html", context | {"link": request.build_absolute_uri(path)})
        page.headers["Cache-Control"] = "no-store"
        return page

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        _record("user.deleted", request, obj)
        super().delete_model(request, obj)

    @atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for user in queryset:
            _record("user.deleted", request, user)
        super().delete_queryset(request, queryset)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Django puts a transaction of its own around that of the form.
        return begun_again(super().add_view)(request, *args, **kwargs)

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        change = begun_again(transaction.atomic(super().user_change_password))
        return show_refusal(change, request, *args, **kwargs)


@admin.register(Group)
class SiteGroupAdmin(ShowsRefusals, BoundedGroups, GroupAdmin):
    """The pages of groups, which only superusers change."""


def _mark_password(request: HttpRequest, user: Any) -> None:
    """Have the user choose a password of their own, if an operator has just set one for them."""
    if user.has_usable_password() and user.pk != request.user.pk:
        require_change(user)


def _record(event: str, request: HttpRequest, user: Any, **data: Any) -> None:
    actor = Actor.from_staff(request.user, Origin.of(request))
    record(event, actor=actor, subject=Subject.of_user(user), owner=Owner(user_id=user.pk), **data)
