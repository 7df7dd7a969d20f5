from __future__ import annotations

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "neo_site.backups"
    label = "neo_backups"
    verbose_name = "Backups"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from neo_base.audit.catalogue import catalogue
        from neo_site.backups.audit_events import EVENTS

        catalogue.register(*EVENTS)
