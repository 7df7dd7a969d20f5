"""Examinations of settings: keys, mail, the proxy in front, and everything that Django's checks know."""

from __future__ import annotations

from collections.abc import Iterator
from smtplib import SMTPException

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import checks, mail
from django.db import Error

from neo_site.accounts.factor_keys import is_in_the_clear
from neo_site.doctor.findings import Finding, error, ok, warning
from neo_site.failures import told
from secrets_app.crypto.errors import KeyringError
from secrets_app.master_keys import check_master_keys, key_provider

NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"


def keys() -> Iterator[Finding]:
    """Report whether each master key that data keys need is there and is the one used before; errors name its id."""
    try:
        check_master_keys()
        count = len(key_provider().key_ids)
    except KeyringError as failure:
        yield error("keys", str(failure))
    except Error as failure:
        yield error("keys", f"could not be compared with the database. {told(failure)}")
    else:
        yield ok("keys", f"{count} loaded; every key that is needed is there and is the right one")


def factors() -> Iterator[Finding]:
    """Report how many second factors of earlier releases have their keys in the clear."""
    left = sum(map(is_in_the_clear, Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).iterator()))
    if left:
        yield warning("factors", f"{left} have their keys in the clear. Run manage.py seal_second_factors.")
    else:
        yield ok("factors", "the keys of all second factors are sealed")


def mails() -> Iterator[Finding]:
    """Report whether the mail server accepts a connection and the sign-in; send nothing."""
    if settings.EMAIL_BACKEND == NO_MAIL:
        yield warning("mail", "is off, so nobody can be invited. Set NEO_EMAIL_URL and NEO_EMAIL_FROM.")
        return
    try:
        with mail.get_connection():
            yield ok("mail", "the server accepts the connection")
    except OSError as failure:  # smtplib's errors are among them
        # What a mail server says may repeat what was sent to it.
        reason = "" if isinstance(failure, SMTPException) else failure.strerror
        yield error("mail", f"the server cannot be used ({reason or type(failure).__name__}). Correct NEO_EMAIL_URL.")


def proxies() -> Iterator[Finding]:
    """Report whether HTTPS is on and the proxy in front is known."""
    if not settings.HTTPS:
        yield warning("https", "is off, so tokens and values travel in the clear. Remove NEO_HTTPS to turn it on.")
    elif settings.SECURE_PROXY_SSL_HEADER is None:
        yield warning(
            "https",
            "no header is set by which a proxy says https, so every request is redirected. Set NEO_PROXY_TLS_HEADER.",
        )
    elif not settings.NEO_TRUSTED_PROXIES and settings.NEO_SERVER.socket is None:
        yield warning("proxies", "none is trusted, so all clients count as one address. Set NEO_TRUSTED_PROXIES.")
    else:
        yield ok("proxies", "the proxy in front is trusted, and the header by which it says https is set")


def system_checks() -> Iterator[Finding]:
    """Report what `manage.py check` finds, in production with `--deploy`."""
    found = checks.run_checks(include_deployment_checks=not settings.DEVELOPMENT)
    found = [each for each in found if not each.is_silenced()]
    for message in found:
        grade = error if message.is_serious() else warning
        yield grade("check", f"{message.id}: {message.msg} {message.hint or ''}".strip().replace("\n", " "))
    if not found:
        yield ok("check", "Django's checks find nothing")
