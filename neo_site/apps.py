from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The assembly itself: its management commands."""

    name = "neo_site"
    verbose_name = "Neo site"
