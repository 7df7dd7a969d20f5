"""E-mail, and the address in the invitations that it sends."""

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
# Development may also print messages, with the tokens in them, to the output of the process.
MAIL_SCHEMES = (*SMTP_SCHEMES, "consolemail")


def email(env: FileAwareEnv, *, development: bool) -> dict[str, Any]:
    """Return Django's settings for NEO_EMAIL_URL. Without it development prints messages and production sends none."""
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
        # `from None`, because the message may quote a part of the password.
        raise ImproperlyConfigured(
            f"NEO_EMAIL_URL must be SCHEME://USER:PASSWORD@HOST:PORT with one of: {', '.join(schemes)}. "
            "Percent-encode special characters in its user name and password."
        ) from None
    if not re.fullmatch(r"[^\r\n]+@[^\r\n]+", sender):
        raise ImproperlyConfigured("NEO_EMAIL_FROM must be the e-mail address that this site sends from.")
    # A mail server that does not answer must not hold up a request for long.
    return {**config, "DEFAULT_FROM_EMAIL": sender, "EMAIL_TIMEOUT": 5}


def invitation_url(env: FileAwareEnv, *, development: bool) -> str:
    """Return the address that invitations link to. Its fragment takes the token: browsers do not send fragments, so
    that no log gets the token."""
    url = text(env, "NEO_INVITATION_URL")
    schemes = ("https", "http") if development else ("https",)
    before, _, fragment = url.partition("#")
    if url and (before.partition("://")[0] not in schemes or fragment.count("{token}") != 1 or "{token}" in before):
        raise ImproperlyConfigured(
            f"NEO_INVITATION_URL must be an {' or '.join(schemes)} address with {{token}} after a #."
        )
    return url
