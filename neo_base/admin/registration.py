"""Registration of our admin pages with other admin sites of the host."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.utils.module_loading import module_has_submodule

from neo_base.apps import installed_apps


def register(site: AdminSite) -> None:
    """Register the admin pages of all our installed apps with `site`. Django's default admin site already has them."""
    ours = list(installed_apps().values())
    for config in ours:
        if config.module and module_has_submodule(config.module, "admin"):
            import_module(f"{config.name}.admin")
    for model, page in admin.site._registry.items():
        is_ours = apps.get_app_config(model._meta.app_label) in ours
        if is_ours and not site.is_registered(model):
            site.register(model, type(page))
