from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin import apps


class SecondFactorConfig(AppConfig):
    """The pages of devices in the admin, and the command that adds one."""

    name = "neo_site.second_factor"
    label = "neo_second_factor"
    verbose_name = "Second factor"
    default = True


class SecondFactorAdminConfig(apps.AdminConfig):
    """Django's admin with a default site that asks for the second factor; registrations stay as they are."""

    default = False
    default_site = "neo_site.second_factor.site.SecondFactorAdminSite"
