from importlib.util import find_spec
from typing import Any

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

import projects


class SecretsConfig(AppConfig):
    """Encrypted secrets, personal or shared with a project."""

    name = "secrets_app"
    verbose_name = _("Secrets")
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, app_name: str, app_module: Any) -> None:
        super().__init__(app_name, app_module)
        if find_spec("projects.actors") is None:
            raise ImproperlyConfigured(
                f"secrets_app needs its own package `projects`, and another one of that name is imported: "
                f"{projects.__path__[0]}. Rename that one; its app may keep its label and its tables."
            )

    def ready(self) -> None:
        from projects import checks as project_checks  # noqa: F401  (CLIENT_ADDRESS counts without that app, too)
        from secrets_app import checks, site_checks  # noqa: F401  (registers them)
        from secrets_app.api import checks as api_checks  # noqa: F401
        from secrets_app.api import schema  # noqa: F401  (registers the security schemes)
        from secrets_app.audit import receivers, refusals  # noqa: F401  (connects them)
