from django.apps import AppConfig


class SecretsConfig(AppConfig):
    """Encrypted secrets, personal or shared with a project."""

    name = "secrets_app"
    verbose_name = "Secrets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from secrets_app import checks  # noqa: F401  (registers them)
        from secrets_app.api import schema  # noqa: F401  (registers the security schemes)
