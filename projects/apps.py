from django.utils.translation import gettext_lazy as _

from neo_base.apps import NeoConfig


class ProjectsConfig(NeoConfig):
    """The app for tenancy: projects, their members and roles. It knows nothing of secrets."""

    default = True
    name = "projects"
    verbose_name = _("Projects")

    def ready(self) -> None:
        from neo_base import checks as shared_checks  # noqa: F401  (registers them)
        from neo_base.access import changes  # noqa: F401  (connects them)
        from neo_base.access.policies import policy_tables
        from neo_base.audit.catalogue import catalogue
        from projects import checks, receivers  # noqa: F401  (registers and connects them)
        from projects.audit_events import EVENTS
        from projects.policies import PERMISSIONS

        catalogue.register(*EVENTS)
        policy_tables["Projects"] = PERMISSIONS
