from django.utils.translation import gettext_lazy as _

from neo_base.apps import NeoConfig


class ProjectsConfig(NeoConfig):
    """The app for tenancy: projects, their members and roles. It knows nothing of secrets."""

    default = True
    name = "projects"
    verbose_name = _("Projects")

    def ready(self) -> None:
        from neo_base import checks as shared_checks  # noqa: F401  (registers them)
        from neo_base.access.policies import policy_tables
        from projects import checks, receivers  # noqa: F401  (registers and connects them)
        from projects.policies import PERMISSIONS

        policy_tables["Projects"] = PERMISSIONS
