"""Admin pages of users and groups on which only superusers decide what other people may do.

On Django's own pages, whoever holds `auth.change_user` can make themselves a superuser, or set a superuser's password
and sign in as them; whoever holds `auth.change_group` can give their own group every permission.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import UserCreationForm
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from neo_base.admin.changelists import BoundedInput

POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")
"""The fields of a user that say what they may do."""

PASSWORDS = ("password", "password1", "password2", "usable_password")
"""The fields of Django's forms that set a password."""


class BoundedUsers(BoundedInput):
    """Mixin for the admin page of users, to stand before Django's `UserAdmin`.

    Operators who are no superusers change and delete no superuser, set nobody's password, and change none of the fields
    in `decided_by_superusers`. Users whom they add have no password yet. A form that sends such a field all the same is
    refused with 403.
    """

    def decided_by_superusers(self) -> list[str]:
        """Return the fields of a user that only superusers change: those of `POWERS` that the user model has."""
        return [name for name in POWERS if _has_field(self.model, name)]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_touch(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_touch(request, obj) and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        if _is_superuser(request) or obj is None:
            return fields
        return [*fields, *(name for name in self.decided_by_superusers() if name not in fields)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave passwords out, and when a user is added, every field but the name: the rest is on the user's page."""
        if _is_superuser(request):
            return super().get_fieldsets(request, obj)
        if obj is None:
            return [(None, {"fields": [self.model.USERNAME_FIELD]})]
        return [
            (title, {**options, "fields": [name for name in options["fields"] if name not in PASSWORDS]})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None and not _is_superuser(request):
            kwargs["form"] = UserWithoutPassword
        return super().get_form(request, obj, change=change, **kwargs)

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        decided = {*PASSWORDS, *self.decided_by_superusers()}
        if object_id is None:
            decided.discard(self.model.USERNAME_FIELD)
        if request.method == "POST" and not _is_superuser(request) and decided & request.POST.keys():
            raise PermissionDenied
        return super().changeform_view(request, object_id, *args, **kwargs)

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not _is_superuser(request):
            raise PermissionDenied
        return super().user_change_password(request, *args, **kwargs)  # type: ignore[misc,no-any-return]


class BoundedGroups(BoundedInput):
    """Mixin for the admin page of groups, to stand before Django's `GroupAdmin`. Only superusers change anything."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request) and super().has_delete_permission(request, obj)


class UserWithoutPassword(forms.ModelForm):  # type: ignore[type-arg]  # Not generic at run time.
    """The form by which an operator who is no superuser adds a user: nobody can sign in with a password as them."""

    class Meta:
        model = get_user_model()
        fields = (get_user_model().USERNAME_FIELD,)

    # Two names that differ in case only would be taken for one.
    clean_username = UserCreationForm.clean_username

    def save(self, commit: bool = True) -> Any:
        self.instance.set_unusable_password()
        return super().save(commit)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _may_touch(request: HttpRequest, user: Any) -> bool:
    return _is_superuser(request) or not getattr(user, "is_superuser", False)


def _has_field(model: type[Model], name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True
