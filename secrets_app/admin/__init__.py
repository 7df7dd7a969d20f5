from importlib import import_module

from django.apps import apps
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _

from projects.related_lists import RelatedList, histories, related_lists
from secrets_app.admin.audit import AuditEntryAdmin
from secrets_app.admin.data_key import DataKeyAdmin, MasterKeyAdmin
from secrets_app.admin.grant import TaskGrantAdmin
from secrets_app.admin.secret import SecretAdmin
from secrets_app.admin.token import ServiceTokenAdmin
from secrets_app.models import AuditEntry, Secret, ServiceToken, TaskGrant

histories.append(AuditEntry)
related_lists += [
    RelatedList(_("Secrets"), Secret),
    RelatedList(_("Service tokens"), ServiceToken),
    RelatedList(_("Task grants"), TaskGrant),
]


def register(site: AdminSite) -> None:
    """Register every page of secrets, and of `projects` where it is installed, with a further admin site.

    Django's own has them already.
    """
    if apps.is_installed("projects"):
        import_module("projects.admin")
    for model, page in admin.site._registry.items():
        if type(page).__module__.startswith(("secrets_app.admin.", "projects.admin.")) and not site.is_registered(
            model
        ):
            site.register(model, type(page))


__all__ = [
    "AuditEntryAdmin",
    "DataKeyAdmin",
    "MasterKeyAdmin",
    "SecretAdmin",
    "ServiceTokenAdmin",
    "TaskGrantAdmin",
    "register",
]
