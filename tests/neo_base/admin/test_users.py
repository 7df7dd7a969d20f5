"""The check of admin pages by which staff can make themselves superusers, on pages that a host may have."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.admin import sites as admin_sites
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied

from neo_base.admin.users import POWERS, BoundedGroups, BoundedUsers
from neo_base.checks import superusers_decide_who_may_do_what

User = get_user_model()


class Bounded(BoundedUsers, UserAdmin):  # type: ignore[type-arg]
    pass


class Plain(admin.ModelAdmin):  # type: ignore[type-arg]
    fields = ("username", "email")


class OwnRule(UserAdmin):  # type: ignore[type-arg]
    """A host's own way to the same end."""

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return () if request.user.is_superuser else POWERS

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        is_open = obj is None or not obj.is_superuser or request.user.is_superuser
        return is_open and super().has_change_permission(request, obj)


class OpenPasswords(UserAdmin):  # type: ignore[type-arg]
    """Keeps the fields, and lets a superuser's password be set."""

    readonly_fields = POWERS


class OwnPasswordView(OpenPasswords):
    def user_change_password(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        raise PermissionDenied


class NeedsASession(OwnRule):
    """Cannot be asked outside of a request."""

    def get_form(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return request.session["form"]


class InTheList(Bounded):
    list_display = ("username", "is_staff")
    list_editable = ("is_staff",)


class OnlyGroups(UserAdmin):  # type: ignore[type-arg]
    readonly_fields = ("is_staff", "is_superuser", "user_permissions")


class BoundGroups(BoundedGroups, GroupAdmin):
    pass


def warned(monkeypatch: pytest.MonkeyPatch, **pages: Any) -> list[str]:
    site = AdminSite(name="back-office")
    for model, page in ((User, pages.get("users")), (Group, pages.get("groups"))):
        if page is not None:
            site.register(model, page)
    monkeypatch.setattr(admin_sites, "all_sites", [site])
    found = superusers_decide_who_may_do_what()
    assert {each.id for each in found} <= {"neo_base.W001"}
    assert all(each.hint for each in found)
    return [each.msg for each in found]


@pytest.mark.parametrize("page", [None, Bounded, Plain, OwnRule, OwnPasswordView])
def test_page_that_keeps_powers_to_superusers_passes(monkeypatch: pytest.MonkeyPatch, page: Any) -> None:
    assert warned(monkeypatch, users=page, groups=BoundGroups) == []


@pytest.mark.parametrize("page", [UserAdmin, OnlyGroups, InTheList, NeedsASession, OpenPasswords])
def test_page_that_gives_a_power_away_is_named(monkeypatch: pytest.MonkeyPatch, page: Any) -> None:
    (message,) = warned(monkeypatch, users=page)
    assert "'back-office'" in message
    assert "auth.change_user" in message


def test_page_of_groups_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    (message,) = warned(monkeypatch, groups=GroupAdmin)
    assert "auth.change_group" in message


def test_this_site_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_sites, "all_sites", [admin.site])
    assert superusers_decide_who_may_do_what() == []
