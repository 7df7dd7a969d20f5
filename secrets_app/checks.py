"""System checks: what is missing or dangerous in this app's settings, with what to do about it."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from secrets_app.conf import conf
from secrets_app.crypto import KeyringError
from secrets_app.keys import key_provider


@register(Tags.security)
def master_keys_load(**_: Any) -> list[CheckMessage]:
    try:
        key_provider()
    except (KeyringError, ImportError) as error:
        return [
            Error(
                str(error),
                hint="`manage.py make_master_key PATH` makes a key file; keep a copy apart from backups.",
                id="secrets_app.E001",
            )
        ]
    return []


@register()
def limits_are_positive(**_: Any) -> list[CheckMessage]:
    limits = {
        "MAX_SECRETS_PER_SCOPE": conf.max_secrets_per_scope,
        "VERSIONS_KEPT": conf.versions_kept,
        "MAX_TOKENS_PER_USER": conf.max_tokens_per_user,
        "MAX_GRANT_SECONDS": conf.max_grant_seconds,
        "MAX_GRANTS_PER_USER": conf.max_grants_per_user,
    }
    return [
        Error(f"SECRETS_APP['{name}'] must be at least 1.", id="secrets_app.E002")
        for name, limit in limits.items()
        if limit < 1
    ]


@register()
def membership_policy_loads(**_: Any) -> list[CheckMessage]:
    try:
        policy = conf.membership_policy
    except (ImportError, TypeError, AttributeError):
        policy = None
    missing = [method for method in ("role", "project_ids") if not callable(getattr(policy, method, None))]
    if not missing:
        return []
    return [
        Error(
            "SECRETS_APP['MEMBERSHIP_POLICY'] is not a membership policy.",
            hint="Name a class with the methods role(user, project_id) and project_ids(user).",
            id="secrets_app.E003",
        )
    ]
