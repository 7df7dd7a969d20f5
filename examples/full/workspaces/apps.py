from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "workspaces"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from neo_base.audit.catalogue import catalogue
        from workspaces.audit_events import EVENTS

        catalogue.register(*EVENTS)
