"""The base of our app configurations. It marks our apps, even if a host has an app of the same name."""

from __future__ import annotations

from django.apps import AppConfig, apps


class NeoConfig(AppConfig):
    """The configuration of one of our apps, which share policy tables, audit events and admin pages by `neo_base`."""

    # Each `apps.py` imports this class beside its own; Django must choose the other one.
    default = False
    default_auto_field = "django.db.models.BigAutoField"


def installed_apps() -> dict[str, NeoConfig]:
    """Return our installed apps by name. A host's own app of the same name is not among them."""
    return {config.name: config for config in apps.get_app_configs() if isinstance(config, NeoConfig)}
