from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The assembly itself: its management commands and checks."""

    name = "neo_site"
    verbose_name = "Neo site"

    def ready(self) -> None:
        from neo_site import checks  # noqa: F401  (registers them)
