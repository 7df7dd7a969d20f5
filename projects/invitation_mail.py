"""The mail that carries an invitation's token: the only place where the token is ever written."""

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
    """Whether this site sends mail at all. From Django 6.1 on `MAILERS` may stand in place of `EMAIL_BACKEND`."""
    mailers = getattr(settings, "MAILERS", None)
    if mailers is None:
        return bool(settings.EMAIL_BACKEND != NO_BACKEND)
    return "default" in mailers and mailers["default"].get("BACKEND") != NO_BACKEND


def send(invitation: Invitation, token: str) -> None:
    """Mail the token, and note in `sent_at` that the mail server took it.

    A mail that cannot be sent is logged and nothing more: the invitation stands, without `sent_at`, and can be made
    again. Nothing is raised.
    """
    try:
        message(invitation, token).send()
        invitation.sent_at = timezone.now()
        invitation.save(update_fields=["sent_at"])
    except Exception as error:  # noqa: BLE001  (each backend has errors of its own, and their texts quote the address)
        invitation.sent_at = None
        logger.error("invitation.mail_failed invitation=%s error=%s", invitation.pk, type(error).__name__)


def message(invitation: Invitation, token: str) -> EmailMessage:
    """The mail as plain text, in the language of the site: nobody knows the one of whom it goes to.

    What people have typed stands in it as one line, in the subject above all.
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
    """`text` without line breaks and other control characters: it begins no header and no line of its own."""
    kept = (" " if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") else character for character in text)
    return " ".join("".join(kept).split())
