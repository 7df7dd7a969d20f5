from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The assembly itself: its management commands and checks."""

    name = "neo_site"
    verbose_name = "Neo site"

    def ready(self) -> None:
        from neo_base.audit.catalogue import catalogue
        from neo_base.audit.entitlements import register_entitlements
        from neo_site import checks  # noqa: F401  (registers them)
        from neo_site.audit_events import EVENTS
        from neo_site.entitlements import KINDS

        catalogue.register(*EVENTS)
        register_entitlements(*KINDS)
