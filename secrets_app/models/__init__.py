from secrets_app.models.audit import AuditBlock, AuditEvent, ExposedSecret
from secrets_app.models.data_key import DataKey, KeyCheckValue, SiteKey
from secrets_app.models.granted_set import GrantedSet, SetMember
from secrets_app.models.held_name import HeldName
from secrets_app.models.kept_answer import KeptAnswer
from secrets_app.models.parents import CredentialTree, EndedCredential
from secrets_app.models.secret import Secret, SecretVersion
from secrets_app.models.task_grant import GrantedSecret, RememberedName, TaskGrant
from secrets_app.models.token import ServiceToken

__all__ = [
    "AuditBlock",
    "AuditEvent",
    "CredentialTree",
    "DataKey",
    "EndedCredential",
    "ExposedSecret",
    "GrantedSecret",
    "GrantedSet",
    "HeldName",
    "KeptAnswer",
    "KeyCheckValue",
    "RememberedName",
    "Secret",
    "SecretVersion",
    "ServiceToken",
    "SetMember",
    "SiteKey",
    "TaskGrant",
]
