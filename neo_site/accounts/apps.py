from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin import apps
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "neo_site.accounts"
    label = "neo_accounts"
    verbose_name = _("Accounts")
    default = True
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from neo_base.audit.catalogue import catalogue
        from neo_site.accounts import browsers, receivers  # noqa: F401  (the import connects the receivers)
        from neo_site.accounts.audit_events import EVENTS

        catalogue.register(*EVENTS)
        browsers.connect()


class SiteAdminConfig(apps.AdminConfig):
    """Django's admin with a site that signs in at the pages of accounts; registrations stay as they are."""

    default = False
    default_site = "neo_site.accounts.admin_site.SiteAdmin"
