"""The codes of the audit log in the reader's language. In English they are the codes themselves."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from neo_base.rest.languages import Text

WORDS: dict[str, Text] = {
    # Who acts
    "user": pgettext_lazy("audit", "user"),
    "staff": pgettext_lazy("audit", "staff"),
    "system": pgettext_lazy("audit", "system"),
    "anonymous": pgettext_lazy("audit", "anonymous"),
    # With what credential
    "session": pgettext_lazy("audit", "session"),
    "cookie": pgettext_lazy("audit", "cookie"),
    "service_token": pgettext_lazy("audit", "service_token"),
    "task_grant": pgettext_lazy("audit", "task_grant"),
    "identity_provider": pgettext_lazy("audit", "identity_provider"),
    "command": pgettext_lazy("audit", "command"),
    "other": pgettext_lazy("audit", "other"),
    # What it happened to
    "project": pgettext_lazy("audit", "project"),
    "invitation": pgettext_lazy("audit", "invitation"),
    "secret": pgettext_lazy("audit", "secret"),
    "token": pgettext_lazy("audit", "token"),
    "grant": pgettext_lazy("audit", "grant"),
    "thread": pgettext_lazy("audit", "thread"),
    "object": pgettext_lazy("audit", "object"),
    "data_key": pgettext_lazy("audit", "data_key"),
    "master_key": pgettext_lazy("audit", "master_key"),
    "audit": pgettext_lazy("audit", "audit"),
    "backup": pgettext_lazy("audit", "backup"),
    "database": pgettext_lazy("audit", "database"),
    # The standing of a master key
    "active": pgettext_lazy("master key", "active"),
    "held": pgettext_lazy("master key", "held"),
    "missing": pgettext_lazy("master key", "missing"),
    "unreachable": pgettext_lazy("master key", "unreachable"),
}

FAMILIES: dict[str, Text] = {
    "access": pgettext_lazy("kind of events", "Access"),
    "audit": pgettext_lazy("kind of events", "Audit"),
    "backup": pgettext_lazy("kind of events", "Backup"),
    "credential": pgettext_lazy("kind of events", "Credential"),
    "data_keys": pgettext_lazy("kind of events", "Data keys"),
    "database": pgettext_lazy("kind of events", "Database"),
    "email": pgettext_lazy("kind of events", "Email"),
    "environment": pgettext_lazy("kind of events", "Environment"),
    "grant": pgettext_lazy("kind of events", "Grant"),
    "grants": pgettext_lazy("kind of events", "Grants"),
    "invitation": pgettext_lazy("kind of events", "Invitation"),
    "invitations": pgettext_lazy("kind of events", "Invitations"),
    "master_key": pgettext_lazy("kind of events", "Master key"),
    "member": pgettext_lazy("kind of events", "Member"),
    "memory": pgettext_lazy("kind of events", "Memory"),
    "password": pgettext_lazy("kind of events", "Password"),
    "password_link": pgettext_lazy("kind of events", "Password link"),
    "project": pgettext_lazy("kind of events", "Project"),
    "second_factor": pgettext_lazy("kind of events", "Second factor"),
    "secret": pgettext_lazy("kind of events", "Secret"),
    "secrets": pgettext_lazy("kind of events", "Secrets"),
    "session": pgettext_lazy("kind of events", "Session"),
    "sessions": pgettext_lazy("kind of events", "Sessions"),
    "sign_in": pgettext_lazy("kind of events", "Sign in"),
    "token": pgettext_lazy("kind of events", "Token"),
    "tokens": pgettext_lazy("kind of events", "Tokens"),
    "user": pgettext_lazy("kind of events", "User"),
}


def in_words(code: str) -> str:
    """Return the word for a code. A code without one, such as a host's, stays as it is."""
    return str(WORDS.get(code, code))


def family_in_words(family: str) -> Text:
    """Return the first word of an event's name as a heading. A host's own is capitalized."""
    return FAMILIES.get(family, family.replace("_", " ").capitalize())
