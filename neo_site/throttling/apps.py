from __future__ import annotations

from django.apps import AppConfig


class ThrottlingConfig(AppConfig):
    name = "neo_site.throttling"
    label = "neo_throttling"
    verbose_name = "Throttling"
    default_auto_field = "django.db.models.BigAutoField"
