from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SignInConfig(AppConfig):
    name = "neo_site.signin"
    label = "neo_signin"
    verbose_name = _("Sign-in")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from neo_base.audit.catalogue import catalogue
        from neo_base.audit.entitlements import register_entitlements
        from neo_site.signin import (
            receivers,  # noqa: F401  (connects them)
            records,  # noqa: F401  (connects its receivers)
            schema,  # noqa: F401  (drf-spectacular finds extensions that are imported)
        )
        from neo_site.signin.audit_events import EVENTS
        from neo_site.signin.entitlements import KINDS

        catalogue.register(*EVENTS)
        register_entitlements(*KINDS)
