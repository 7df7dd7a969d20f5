"""What was set: keys, mail, what a proxy has to say, and all that Django's own checks know."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.core import checks, mail
from django.db import DatabaseError

from neo_site.doctor.findings import Finding, error, ok, warning
from secrets_app.crypto.errors import KeyringError
from secrets_app.master_keys import check_master_keys, key_provider

NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"


def keys() -> Iterator[Finding]:
    """Each id that data keys need is there, and is the key that was used before; errors name the id."""
    try:
        check_master_keys()
        count = len(key_provider().key_ids)
    except KeyringError as failure:
        yield error("keys", str(failure))
    except DatabaseError as failure:
        yield error("keys", f"could not be compared with the database's ({type(failure).__name__}).")
    else:
        yield ok("keys", f"{count} loaded; each that is needed is there, and the right one")


def mails() -> Iterator[Finding]:
    """Signs in at the mail server and sends nothing."""
    if settings.EMAIL_BACKEND == NO_MAIL:
        yield warning("mail", "is off: nobody can be invited. Set NEO_EMAIL_URL and NEO_EMAIL_FROM to send it.")
        return
    try:
        with mail.get_connection():
            yield ok("mail", "the server takes mail")
    except OSError as failure:  # smtplib's errors are among them
        yield error("mail", f"the server cannot be used ({type(failure).__name__}). Mend NEO_EMAIL_URL.")


def proxies() -> Iterator[Finding]:
    if not settings.HTTPS:
        yield warning("https", "is off: tokens and values travel in the clear. Leave NEO_HTTPS out.")
    elif settings.SECURE_PROXY_SSL_HEADER is None:
        yield warning(
            "https",
            "no header is named by which a proxy says https, so each request is redirected. Set NEO_PROXY_TLS_HEADER.",
        )
    elif not settings.NEO_TRUSTED_PROXIES and settings.NEO_SERVER.socket is None:
        yield warning("proxies", "none is named, so all clients count as one address. Set NEO_TRUSTED_PROXIES.")
    else:
        yield ok("proxies", "the proxy in front is named, and how it says https")


def system_checks() -> Iterator[Finding]:
    """As `manage.py check`, in production with `--deploy`."""
    found = checks.run_checks(include_deployment_checks=not settings.DEVELOPMENT)
    found = [each for each in found if not each.is_silenced()]
    for message in found:
        grade = error if message.is_serious() else warning
        yield grade("check", f"{message.id}: {message.msg} {message.hint or ''}".strip().replace("\n", " "))
    if not found:
        yield ok("check", "Django's checks have nothing to say")
