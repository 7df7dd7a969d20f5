"""E-mail, and what goes out by it: invitations to projects."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import text

SMTP_MAIL = "django.core.mail.backends.smtp.EmailBackend"
CONSOLE_MAIL = "django.core.mail.backends.console.EmailBackend"
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
SMTP_SCHEMES = ("smtp", "smtp+tls", "smtp+ssl")
# The others show tokens to whoever reads the process's output.
MAIL_SCHEMES = (*SMTP_SCHEMES, "consolemail")


def email(env: FileAwareEnv, *, development: bool) -> dict[str, Any]:
    """Django's settings for NEO_EMAIL_URL. Without it development prints mails and production sends none."""
    url, sender = text(env, "NEO_EMAIL_URL"), text(env, "NEO_EMAIL_FROM")
    if not url:
        return {"EMAIL_BACKEND": CONSOLE_MAIL if development else NO_MAIL}
    schemes = MAIL_SCHEMES if development else SMTP_SCHEMES
    try:
        config = dict(env.email_url_config(url))
        sound = urlsplit(url).scheme in schemes and not config.pop("OPTIONS", {})
    except (ValueError, ImproperlyConfigured):
        sound = False
    if not sound or (config["EMAIL_BACKEND"] == SMTP_MAIL and not config["EMAIL_HOST"]):
        # From None: the message may quote a part of the password.
        raise ImproperlyConfigured(
            f"NEO_EMAIL_URL must be SCHEME://USER:PASSWORD@HOST:PORT with one of: {', '.join(schemes)}. "
            "Percent-encode what is special in its user name and password."
        ) from None
    if not re.fullmatch(r"[^\r\n]+@[^\r\n]+", sender):
        raise ImproperlyConfigured("NEO_EMAIL_FROM must be the address that this site's mail comes from.")
    # A mail server that does not answer must not hold up a request for long.
    return {**config, "DEFAULT_FROM_EMAIL": sender, "EMAIL_TIMEOUT": 5}


def invitation_url(env: FileAwareEnv, *, development: bool) -> str:
    """An address whose fragment takes the token: browsers do not send it, so that no log has it."""
    url = text(env, "NEO_INVITATION_URL")
    schemes = ("https", "http") if development else ("https",)
    before, _, fragment = url.partition("#")
    if url and (before.partition("://")[0] not in schemes or fragment.count("{token}") != 1 or "{token}" in before):
        raise ImproperlyConfigured(
            f"NEO_INVITATION_URL must be an address with {' or '.join(schemes)} and {{token}} behind a #."
        )
    return url
