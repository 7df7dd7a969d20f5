"""The base of our app configurations: what marks an app as one of ours, whatever a host calls its own."""

from __future__ import annotations

from django.apps import AppConfig, apps


class NeoConfig(AppConfig):
    """An app whose policy table, audit events and admin pages are known to the others through `neo_base`."""

    # Each `apps.py` imports this class beside its own, of which Django shall take the other.
    default = False
    default_auto_field = "django.db.models.BigAutoField"


def installed_apps() -> dict[str, NeoConfig]:
    """Return our installed apps by their names. A host's own app of such a name is not among them."""
    return {config.name: config for config in apps.get_app_configs() if isinstance(config, NeoConfig)}
