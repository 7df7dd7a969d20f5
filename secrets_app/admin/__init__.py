"""Admin pages of secrets, tokens, grants, keys and the audit log, and the lists to which other pages link."""

from django.utils.translation import gettext_lazy as _

from neo_base.admin.registration import register
from neo_base.admin.related_lists import RelatedList, registered_histories, registered_lists
from secrets_app.admin.audit import AuditEventAdmin
from secrets_app.admin.data_key import DataKeyAdmin, MasterKeyAdmin
from secrets_app.admin.grant import TaskGrantAdmin
from secrets_app.admin.secret import SecretAdmin
from secrets_app.admin.token import ServiceTokenAdmin
from secrets_app.models import AuditEvent, Secret, ServiceToken, TaskGrant

registered_histories.append(AuditEvent)
registered_lists += [
    RelatedList(_("Secrets"), Secret),
    RelatedList(_("Service tokens"), ServiceToken),
    RelatedList(_("Task grants"), TaskGrant),
]


__all__ = [
    "AuditEventAdmin",
    "DataKeyAdmin",
    "MasterKeyAdmin",
    "SecretAdmin",
    "ServiceTokenAdmin",
    "TaskGrantAdmin",
    "register",
]
