"""System checks of this app's settings: each message says what is missing or dangerous, and what to do."""

from __future__ import annotations

from os import PathLike
from typing import Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error, Tags, register

from neo_base.apps import installed_apps
from neo_base.site_settings import site_dictionary, unless_counts, unless_dictionary, unless_of_type
from secrets_app.conf import DEFAULT_POLICY, conf, membership_policy_path
from secrets_app.crypto.errors import KeyringError
from secrets_app.master_keys import key_provider

LIMITS = [
    *("MAX_SECRETS_PER_SCOPE", "VERSIONS_KEPT", "MAX_TOKENS_PER_USER", "SERVICE_TOKEN_DAYS"),
    *("MAX_GRANT_SECONDS", "MAX_GRANTS_PER_USER", "MIN_FREE_BYTES"),
]
LIMITS_OR_NONE = [
    *("SIGN_IN_AGE_SECONDS", "MAX_SERVICE_TOKEN_DAYS"),
    *("MAX_BYTES_PER_USER_AND_DAY", "MAX_DATABASE_BYTES"),
]
TEXTS = ["KEY_PROVIDER", "KEY_VARIABLE", "KMS_KEY"]


@register(Tags.security)
def master_keys_load(**_: Any) -> list[CheckMessage]:
    try:
        key_provider()
    except (KeyringError, ImportError) as error:
        said = str(error)
    except (AttributeError, OSError, TypeError, ValueError):
        # The text of these errors may repeat the setting, which may be a key.
        said = "The settings for master keys in SECRETS_APP do not lead to readable keys."
    else:
        return []
    hint = "Create a key file with `manage.py make_master_key PATH`. Keep a copy of it apart from backups."
    return [Error(said, hint, id="secrets_app.E001")]


@register()
def settings_are_a_dictionary(**_: Any) -> list[CheckMessage]:
    return unless_dictionary("SECRETS_APP", "secrets_app.E021")


@register()
def limits_are_positive(**_: Any) -> list[CheckMessage]:
    limited = [key for key in LIMITS_OR_NONE if site_dictionary("SECRETS_APP").get(key) is not None]
    return unless_counts("SECRETS_APP", [*LIMITS, *limited], "secrets_app.E002")


@register()
def settings_have_their_types(**_: Any) -> list[CheckMessage]:
    kinds: dict[str, tuple[tuple[type, ...], str]] = {
        **dict.fromkeys(TEXTS, ((str,), "text")),
        "KEY_FILE": ((str, PathLike), "a path"),
        "CHECKPOINTS": ((str, PathLike), "a path or a URL"),
        "AUTHENTICATION_CLASSES": ((list, tuple), "a list of dotted paths"),
        "QUARANTINE_AGENT_SECRETS": ((bool,), "True or False"),
    }
    found = [unless_of_type("SECRETS_APP", key, *kind, "secrets_app.E022") for key, kind in kinds.items()]
    return [message for messages in found for message in messages]


@register()
def checkpoints_have_a_place(**_: Any) -> list[CheckMessage]:
    """Refuse a place of which only some processes know where it is, or that could be read on the way."""
    place = conf.checkpoints
    if not place or place.startswith("/") or _is_https(place):
        return []
    return [
        Error(
            "SECRETS_APP['CHECKPOINTS'] is neither an absolute path nor an https:// URL.",
            hint="Name a file on a disk that the database does not use, or a URL that takes lines by POST.",
            id="secrets_app.E024",
        )
    ]


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)


@register()
def membership_policy_loads(**_: Any) -> list[CheckMessage]:
    if membership_policy_path() == DEFAULT_POLICY and "projects" not in installed_apps():
        # The default policy cannot be imported without its app. secrets_app.E011 and E015 report what is missing then.
        return []
    try:
        policy = conf.membership_policy
    except (ImportError, TypeError, AttributeError, ValueError):
        policy = None
    missing = [method for method in ("role", "project_ids") if not callable(getattr(policy, method, None))]
    if not missing:
        return []
    return [
        Error(
            "SECRETS_APP['MEMBERSHIP_POLICY'] is not a membership policy.",
            hint="Name a class that has the methods role(user, project_id) and project_ids(user).",
            id="secrets_app.E003",
        )
    ]
