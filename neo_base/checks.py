"""System checks of the settings that our apps share. Each app imports this module, which registers them once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth import get_permission_codename, get_user_model
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.db.models import Model
from django.http import HttpRequest
from django.utils.module_loading import import_string

from neo_base.apps import installed_apps
from neo_base.conf import Settings, conf
from neo_base.site_settings import unknown_keys, unless_dictionary, unless_of_type


@register()
def settings_are_a_dictionary(**_: Any) -> list[CheckMessage]:
    return unless_dictionary("NEO_BASE", "neo_base.E001")


@register()
def settings_are_known(**_: Any) -> list[CheckMessage]:
    return unknown_keys("NEO_BASE", Settings, "neo_base.E002")


@register()
def client_address_loads(**_: Any) -> list[CheckMessage]:
    try:
        loads = callable(import_string(conf.client_address))
    except (ImportError, ValueError, TypeError):
        # `import_string` raises the last two for a setting that is no dotted path.
        loads = False
    if loads:
        return []
    return [
        Error(
            "NEO_BASE['CLIENT_ADDRESS'] does not name a callable.",
            hint="Name a function that takes a request and returns its client address, or remove the key.",
            id="neo_base.E003",
        )
    ]


@register()
def settings_have_their_types(**_: Any) -> list[CheckMessage]:
    return unless_of_type("NEO_BASE", "QUICK_WAY", (bool,), "True or False", "neo_base.E005")


@register(Tags.security, deploy=True)
def superusers_decide_who_may_do_what(**_: Any) -> list[CheckMessage]:
    """Warn of an admin page on which staff can give themselves every permission. Makes no query.

    Whether anybody holds `auth.change_user` or `auth.change_group` is in the database: the check asks each page which
    fields it would let such a person edit.
    """
    return list(_unbounded_pages()) if apps.is_installed("django.contrib.admin") else []


def _unbounded_pages() -> Iterator[CheckMessage]:
    from django.contrib.admin.sites import all_sites
    from django.contrib.auth.models import Group

    from neo_base.admin.users import POWERS

    mixins: dict[type[Model], tuple[str, tuple[str, ...]]] = {
        get_user_model(): ("BoundedUsers", POWERS),
        Group: ("BoundedGroups", ("permissions",)),
    }
    for site in sorted(all_sites, key=lambda each: each.name):
        for model, (mixin, powers) in mixins.items():
            page = site._registry.get(model)
            if page is not None and not _is_bounded(page, powers):
                yield CheckWarning(
                    f"In the admin {site.name!r}, staff with the permission {_change_permission(model)} can give "
                    "themselves every permission, or take over a superuser.",
                    hint=f"Put neo_base.admin.users.{mixin} before the base class of {type(page).__name__}, or give "
                    "that permission to superusers only and silence this warning.",
                    id="neo_base.W001",
                )


class _Staff:
    """Stands for an operator who holds every permission and is no superuser."""

    pk = id = None
    is_active = is_staff = is_authenticated = True
    is_superuser = is_anonymous = False

    def has_perm(self, *_: Any) -> bool:
        return True

    has_perms = has_module_perms = has_perm


def _is_bounded(page: Any, powers: tuple[str, ...]) -> bool:
    """Return whether the page keeps the fields, and the passwords of superusers, from other operators.

    A page that cannot be asked like this counts as open.
    """
    if set(powers) & set(page.list_editable):
        return False
    request = HttpRequest()
    request.method, request.user = "GET", _Staff()  # type: ignore[assignment]
    try:
        fields = page.get_form(request, page.model(), change=True).base_fields
        if _sets_passwords(page) and page.has_change_permission(request, _superuser(page.model)):
            return False
    except Exception:  # noqa: BLE001  # The page is the host's, and may need more of a request than there is.
        return False
    return all(name not in fields or fields[name].disabled for name in powers)


def _sets_passwords(page: Any) -> bool:
    """Return whether the page has Django's own view of passwords, which asks for the right to change the user."""
    from django.contrib.auth.admin import UserAdmin

    return getattr(type(page), "user_change_password", None) is UserAdmin.user_change_password


def _superuser(model: Any) -> Any:
    user = model()
    user.is_superuser = True
    return user


def _change_permission(model: Any) -> str:
    return f"{model._meta.app_label}.{get_permission_codename('change', model._meta)}"


@register()
def apps_keep_their_labels(**_: Any) -> list[CheckMessage]:
    hint = "Keep the default label: migrations and permissions name it. If an app of your own has it, relabel that one."
    return [
        Error(f"The app {config.name} has the label {config.label!r}.", hint, id="neo_base.E004")
        for config in installed_apps().values()
        if config.label != config.name
    ]
