"""The mail with an invitation's token, which is written nowhere else."""

from __future__ import annotations

import logging
import unicodedata
from datetime import UTC

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation

from neo_base.access.roles import role_in_words
from neo_base.rest.urls import address
from projects.checks import TOKEN_MARK
from projects.conf import conf
from projects.models import Invitation

logger = logging.getLogger(__name__)

NO_BACKEND = "django.core.mail.backends.dummy.EmailBackend"


def is_on() -> bool:
    """Return whether this site sends mail. From Django 6.1 on, `MAILERS` may replace `EMAIL_BACKEND`."""
    mailers = getattr(settings, "MAILERS", None)
    if mailers is None:
        return bool(settings.EMAIL_BACKEND != NO_BACKEND)
    return "default" in mailers and mailers["default"].get("BACKEND") != NO_BACKEND


def send(invitation: Invitation, token: str) -> None:
    """Mail the token, and store in `sent_at` when the mail server accepted it.

    Raises nothing. A failure is logged and leaves `sent_at` empty; an admin of the project can then invite again.
    """
    try:
        message(invitation, token).send()
        invitation.sent_at = timezone.now()
        invitation.save(update_fields=["sent_at"])
    except Exception as error:  # noqa: BLE001  (each backend has its own errors, whose texts quote the address)
        invitation.sent_at = None
        logger.error("invitation.mail_failed invitation=%s error=%s", invitation.pk, type(error).__name__)


def message(invitation: Invitation, token: str) -> EmailMessage:
    """Return the mail as plain text, in the site's language, since that of its reader is unknown.

    The project's name, which people type, is reduced to one line, so that it cannot add headers.
    """
    project = _one_line(str(invitation.project))
    with translation.override(settings.LANGUAGE_CODE):
        subject = render_to_string("projects/invitation_subject.txt", {"project": project})
        body = render_to_string(
            "projects/invitation_body.txt",
            {
                "project": project,
                "role": role_in_words(invitation.role),
                "expires_at": invitation.expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
                "token": token,
                "url": conf.invitation_url.replace(TOKEN_MARK, token),
                "accept_path": address("invitation-accept", "projects"),
                "decline_path": address("invitation-decline", "projects"),
                "must_match": conf.invitation_email_must_match,
            },
        )
    return EmailMessage(
        subject=subject.strip(), body=body, to=[invitation.email], headers={"Auto-Submitted": "auto-generated"}
    )


def _one_line(text: str) -> str:
    """Return `text` without line breaks and other control characters, so that it cannot begin a header or a line."""
    kept = (" " if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") else character for character in text)
    return " ".join("".join(kept).split())
