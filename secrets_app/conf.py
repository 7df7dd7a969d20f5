"""The settings of this app: the site's `SECRETS_APP` dictionary, read at each access so that tests can override it."""

from __future__ import annotations

from typing import Any, cast

from django.utils.module_loading import import_string

from neo_base.access.policies import MembershipPolicy
from neo_base.rest.authentication import AuthenticationClasses, host_classes
from neo_base.site_settings import site_dictionary

DEFAULT_POLICY = "projects.policies.DefaultMembershipPolicy"
SERVICE_TOKENS = "secrets_app.api.authentication.ServiceTokenAuthentication"


class Settings:
    """The keys of `SECRETS_APP` as typed properties, with their defaults."""

    @property
    def key_provider(self) -> str:
        """The source of the master keys: "file", "env", "kms", or the path of a callable that returns a provider."""
        return str(self._get("KEY_PROVIDER", "file"))

    @property
    def key_file(self) -> str:
        """The path of the key file, for the providers "file" and "kms"."""
        return str(self._get("KEY_FILE", ""))

    @property
    def key_variable(self) -> str:
        """The name of the environment variable that holds the keys, for the provider "env"."""
        return str(self._get("KEY_VARIABLE", "NEO_MASTER_KEYS"))

    @property
    def kms_key(self) -> str:
        """The key of a key service that wraps the keys in the key file, for the provider "kms"; for AWS KMS its ARN."""
        return str(self._get("KMS_KEY", ""))

    @property
    def checkpoints(self) -> str:
        """Where `audit chain` writes checkpoints outside of the database: a path or a URL; empty for nowhere."""
        return str(self._get("CHECKPOINTS", ""))

    @property
    def max_secrets_per_scope(self) -> int:
        """The maximum number of secrets of one user, or of one project."""
        return int(self._get("MAX_SECRETS_PER_SCOPE", 1_000))

    @property
    def versions_kept(self) -> int:
        """The number of versions kept of a secret, the current one included."""
        return int(self._get("VERSIONS_KEPT", 10))

    @property
    def max_tokens_per_user(self) -> int:
        """The maximum number of usable service tokens of one user."""
        return int(self._get("MAX_TOKENS_PER_USER", 100))

    @property
    def sign_in_age_seconds(self) -> int | None:
        """How long after signing in a user may create service tokens, in seconds; None for as long as the session."""
        return self._number_or_none("SIGN_IN_AGE_SECONDS", 600)

    @property
    def service_token_days(self) -> int:
        """The lifetime of a service token that is created without an expiry, in days."""
        return int(self._get("SERVICE_TOKEN_DAYS", 90))

    @property
    def max_service_token_days(self) -> int | None:
        """The maximum lifetime of a service token, in days; None if tokens may last for any time, or never expire."""
        return self._number_or_none("MAX_SERVICE_TOKEN_DAYS", 366)

    @property
    def max_grant_seconds(self) -> int:
        """The maximum lifetime of a task grant, in seconds."""
        return int(self._get("MAX_GRANT_SECONDS", 86_400))

    @property
    def max_grants_per_user(self) -> int:
        """The maximum number of usable task grants of one user."""
        return int(self._get("MAX_GRANTS_PER_USER", 1_000))

    @property
    def max_bytes_per_user_and_day(self) -> int | None:
        """The maximum number of bytes that one user may store in a day, and again write by use; None for no limit."""
        return self._size("MAX_BYTES_PER_USER_AND_DAY", 200_000_000)

    @property
    def min_free_bytes(self) -> int:
        """The free bytes of SQLite's file system below which nothing new is stored."""
        return int(self._get("MIN_FREE_BYTES", 100_000_000))

    @property
    def max_database_bytes(self) -> int | None:
        """The size of a PostgreSQL database above which nothing new is stored; None for no limit."""
        return self._size("MAX_DATABASE_BYTES", None)

    @property
    def quarantine_agent_secrets(self) -> bool:
        """Whether only the task that created a secret gets it, until a person promotes the secret."""
        return bool(self._get("QUARANTINE_AGENT_SECRETS", True))

    @property
    def membership_policy(self) -> MembershipPolicy:
        """A new instance of the membership policy, the class that says who belongs to a project."""
        return cast(MembershipPolicy, import_string(membership_policy_path())())

    @property
    def authentication_classes(self) -> AuthenticationClasses:
        """The authentication classes of our views: by default ours for service tokens, then the site's."""
        paths = self._get("AUTHENTICATION_CLASSES", None)
        if paths is not None:
            return [import_string(path) for path in paths]
        ours = import_string(SERVICE_TOKENS)
        return [ours, *(each for each in host_classes() if each is not ours)]

    def _number_or_none(self, name: str, default: int) -> int | None:
        number = self._get(name, default)
        return None if number is None else int(number)

    def _size(self, name: str, default: int | None) -> int | None:
        size = self._get(name, default)
        return None if size is None else int(size)

    def _get(self, name: str, default: Any) -> Any:
        return site_dictionary("SECRETS_APP").get(name, default)


def membership_policy_path() -> str:
    """Return the dotted path of the membership policy, without importing it."""
    return str(conf._get("MEMBERSHIP_POLICY", DEFAULT_POLICY))


conf = Settings()
