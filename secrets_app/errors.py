"""What can go wrong with secrets. Each error carries its HTTP status, a code and a sentence that says what to do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import AuthenticationFailed

from neo_base.rest.errors import AttemptFacts, Conflict, Missing, NamedConflict, Unavailable
from secrets_app.token_format import PREFIX, TASK_PREFIX, digest, is_well_formed


class NameTaken(Conflict):
    default_detail = _("This owner already has a secret with this name. Change that one, or choose another name.")
    default_code = "name_taken"


class TooManySecrets(Conflict):
    default_detail = _("This owner has as many secrets as the limit allows. Delete some first.")
    default_code = "scope_full"


class Unreadable(Conflict):
    default_detail = _("The stored value cannot be opened. Set a new value, or restore a backup.")
    default_code = "unreadable"


class KeyUnavailable(Unavailable):
    default_detail = _("The encryption keys are not available at the moment. Try again later.")
    default_code = "key_unavailable"


class AuditUnavailable(Unavailable):
    """503: the audit event cannot be written, so what it would record must not happen."""

    default_detail = _("The audit log cannot be written, so the request was not carried out. Try again later.")
    default_code = "audit_unavailable"


class NoSuchSecret(Missing):
    """The secret is unknown or the caller cannot see it: the same answer as for any missing object."""


class NoSuchToken(Missing):
    """The token is unknown, revoked, or somebody else's: the same answer as for any missing object."""


class InvalidToken(AttemptFacts, AuthenticationFailed):
    """401 that tells the audit log the digest of the token that was presented; the answer does not."""

    default_code = "invalid_token"

    def __init__(self, presented: str = "") -> None:
        super().__init__()
        is_one = any(is_well_formed(presented, prefix) for prefix in (PREFIX, TASK_PREFIX))
        self.token_digest = digest(presented) if is_one else ""


class InvalidServiceToken(InvalidToken):
    """One answer for a token that is misspelt, unknown, expired, revoked, or whose owner is inactive."""

    default_detail = _("The service token is not valid. Make a new one.")


class TooManyTokens(Conflict):
    default_detail = _("You have as many service tokens as you may. Revoke some first.")
    default_code = "too_many_tokens"


class ExpiryPassed(Conflict):
    default_detail = _("The expiry lies in the past. Choose a later one, or none.")
    default_code = "expiry_passed"


class NoSuchGrant(Missing):
    """The grant is unknown, cleared away, or somebody else's: the same answer as for any missing object."""


class InvalidTaskToken(InvalidToken):
    """One answer for a token that is misspelt, unknown, expired, revoked or used up, or whose grantor is inactive."""

    default_detail = _("The task token is not valid, or no longer. Grant the task anew.")


class UnknownSecrets(NamedConflict):
    default_detail = _("Some of the secrets that the task selects do not exist. `errors` lists each of them.")
    default_code = "unknown_secrets"


class GrantTooLong(Conflict):
    default_detail = _("This site's task grants do not last that long. Choose a shorter `ttl`.")
    default_code = "grant_too_long"


class TooManyGrants(Conflict):
    default_detail = _("You have as many usable task grants as you may. Revoke some, or wait until they end.")
    default_code = "too_many_grants"


class SecretGone(NamedConflict):
    default_detail = _(
        "Secrets of this task, or the versions that it was granted, are no longer there. `errors` lists each; "
        "grant the task anew."
    )
    default_code = "secret_gone"


class SecretExpired(NamedConflict):
    default_detail = _(
        "Secrets of this task have expired. `errors` lists each of them; set a new expiry, or leave them out."
    )
    default_code = "secret_expired"


class UnreadableSecrets(NamedConflict):
    default_detail = _(
        "Stored values of this task cannot be opened. `errors` lists each; set a new value, or restore a backup."
    )
    default_code = "unreadable"
