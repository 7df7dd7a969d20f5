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
        from neo_base.audit.entitlements import register_entitlements
        from neo_base.rest.documentation import makes_documents
        from projects import checks, receivers  # noqa: F401  (registers and connects them)
        from projects.audit_events import EVENTS
        from projects.entitlements import KINDS
        from projects.models import Project
        from projects.policies import PERMISSIONS

        if makes_documents():
            from projects.api import schema  # noqa: F401  (registers the schema of a field)
        catalogue.register(*EVENTS)
        # A host's own project model has members of its own, of which nothing is known here.
        if not Project._meta.swapped:
            register_entitlements(*KINDS)
        policy_tables["Projects"] = PERMISSIONS
