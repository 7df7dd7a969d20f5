from django.utils.translation import gettext_lazy as _

from neo_base.apps import NeoConfig


class SecretsConfig(NeoConfig):
    """The app of encrypted secrets, personal or shared with a project."""

    default = True
    name = "secrets_app"
    verbose_name = _("Secrets")

    def ready(self) -> None:
        from neo_base import checks as shared_checks  # noqa: F401  (registers them)
        from neo_base.access import changes, cookies  # noqa: F401  (connects them)
        from neo_base.access.policies import policy_tables
        from neo_base.audit.catalogue import catalogue
        from neo_base.audit.entitlements import register_entitlements
        from neo_base.rest.authentication import accepted_credentials
        from neo_base.rest.documentation import makes_documents
        from neo_base.rest.idempotency import kept_answers
        from secrets_app import mail  # noqa: F401  (connects it)
        from secrets_app import receivers as ends  # noqa: F401  (connects them)
        from secrets_app.api.kept_answers import answer_once
        from secrets_app.audit import receivers, refused_attempts  # noqa: F401  (connects them)
        from secrets_app.audit.entitlements import KINDS
        from secrets_app.audit.events import EVENTS
        from secrets_app.checks import api, settings, site  # noqa: F401  (registers them)
        from secrets_app.conf import conf
        from secrets_app.policies import PERMISSIONS

        if makes_documents():
            from secrets_app.api import schema  # noqa: F401  (registers the security schemes)
        accepted_credentials.come_from(lambda: conf.authentication_classes)
        kept_answers.are_kept_by(answer_once)
        catalogue.register(*EVENTS)
        register_entitlements(*KINDS)
        policy_tables["Secrets"] = PERMISSIONS
