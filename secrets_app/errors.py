"""Error classes of this app. Each has an HTTP status, a code for programs and a sentence for people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import AuthenticationFailed, ErrorDetail, Throttled

from neo_base.access.errors import RefusedByProject
from neo_base.rest.errors import AttemptFacts, Conflict, Missing, NamedConflict, Unavailable
from secrets_app.token_format import PREFIX, TASK_PREFIX, digest, is_well_formed


class NameTaken(Conflict):
    default_detail = _("This owner already has a secret with this name. Change that one, or choose another name.")
    default_code = "name_taken"


class TooManySecrets(Conflict):
    default_detail = _("This owner has reached the limit of secrets. Delete some first.")
    default_code = "scope_full"


class Unreadable(Conflict):
    default_detail = _("The stored value cannot be decrypted. Set a new value, or restore a backup.")
    default_code = "unreadable"


class KeyUnavailable(Unavailable):
    default_detail = _("The encryption keys are not available at the moment. Try again later.")
    default_code = "key_unavailable"
    default_outage = "key_provider"


class AuditUnavailable(Unavailable):
    """503: the audit event cannot be written, so what it would record must not happen."""

    default_detail = _("The audit log cannot be written, so the request was not carried out. Try again later.")
    default_code = "audit_unavailable"
    # Without the database as its cause, the key of the log's MAC is missing.
    default_outage = "key_provider"


class StoredTooMuch(Throttled):
    """429: the user has stored as much today as this site lets one user store in a day."""

    default_detail = _(
        "You have stored as much today as this site allows. Reading, revoking and deleting still work. Wait for the "
        "number of seconds in the Retry-After header, or ask an operator to raise the limit."
    )
    default_code = "stored_too_much"
    says_what_to_do = True

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.detail = ErrorDetail(str(self.default_detail), self.default_code)


class StorageLow(Unavailable):
    """503: nothing new is stored, so that the rest of the storage lasts for everything else."""

    default_detail = _(
        "The storage is nearly full, so nothing new is stored. Reading, revoking and deleting still work. Try again "
        "later, or ask an operator to make room."
    )
    default_code = "storage_low"


class NoSuchSecret(Missing):
    """The secret is unknown or the caller cannot see it: the same answer as for any missing object."""


class InQuarantine(RefusedByProject):
    """403: the secret is in quarantine, and the caller, who may change others, uses a token."""

    default_detail = _("The secret is in quarantine, where no token can change or delete it. Sign in to do so.")
    default_code = "in_quarantine"


class CopyOfQuarantined(Conflict):
    default_detail = _("The secret is in quarantine. Promote it first, then copy it.")
    default_code = "copy_of_quarantined"


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
    """One answer for all: the token is malformed, unknown, expired or revoked, or its owner inactive."""

    default_detail = _("The service token is invalid or has expired. Create a new one.")


class TooManyTokens(Conflict):
    default_detail = _("You have reached the limit of service tokens. Revoke some first.")
    default_code = "too_many_tokens"


class SignInEnded(AttemptFacts, AuthenticationFailed):
    """401: the session ended, or the user was deactivated, while the request was on its way."""

    default_detail = _("Your sign-in has ended. Sign in again.")
    default_code = "sign_in_ended"


class SignInTooOld(RefusedByProject):
    """403: the user signed in too long ago for this, or the site cannot tell when."""

    default_detail = _("Creating a service token needs a recent sign-in. Sign in again, then repeat the request.")
    default_code = "sign_in_again"


class ExpiryPassed(Conflict):
    default_detail = _("The expiry is in the past. Choose a later one, or leave it out.")
    default_code = "expiry_passed"


class ExpiryTooLate(Conflict):
    default_detail = _(
        "This site does not allow service tokens to last that long. Choose an earlier `expires_at`, or leave it out."
    )
    default_code = "expiry_too_late"


class NoSuchGrant(Missing):
    """The grant is unknown, cleared away, or somebody else's: the same answer as for any missing object."""


class InvalidTaskToken(InvalidToken):
    """One answer for all: the token is malformed, unknown, expired, revoked or used up, or its grantor inactive."""

    default_detail = _("The task token is invalid or has expired. Create a new grant.")


class UnknownSecrets(NamedConflict):
    default_detail = _(
        "The task selects secrets that do not exist. `errors` lists them. Correct their names, or create them."
    )
    default_code = "unknown_secrets"


class GrantTooLong(Conflict):
    default_detail = _("This site does not allow task grants to last that long. Choose a shorter `ttl`.")
    default_code = "grant_too_long"


class TooManyGrants(Conflict):
    default_detail = _("You have reached the limit of usable task grants. Revoke some, or wait until they expire.")
    default_code = "too_many_grants"


class SecretGone(NamedConflict):
    default_detail = _(
        "Secrets of this task, or the versions that it was granted, are no longer available. `errors` lists them. "
        "Create a new grant."
    )
    default_code = "secret_gone"


class SecretExpired(NamedConflict):
    default_detail = _(
        "Secrets of this task have expired. `errors` lists them. Set a later expiry, or create a grant without them."
    )
    default_code = "secret_expired"


class UnreadableSecrets(NamedConflict):
    default_detail = _(
        "Stored values of this task cannot be decrypted. `errors` lists them. Set new values, or restore a backup."
    )
    default_code = "unreadable"
