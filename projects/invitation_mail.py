"""The mail with an invitation's token, which is written nowhere else."""

from __future__ import annotations

import logging
from datetime import UTC

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation

from neo_base.access.roles import role_in_words
from neo_base.mail import one_line
from neo_base.rest.urls import address
from projects.checks import TOKEN_MARK
from projects.conf import conf
from projects.models import Invitation

logger = logging.getLogger(__name__)


def send(invitation: Invitation, token: str, site: str = "") -> None:
    """Mail the token, and store in `sent_at` when the mail server accepted it.

    Raises nothing. A failure is logged and leaves `sent_at` empty; an admin of the project can then invite again.
    """
    try:
        message(invitation, token, site).send()
        invitation.sent_at = timezone.now()
        invitation.save(update_fields=["sent_at"])
    except Exception as error:  # noqa: BLE001  (each backend has its own errors, whose texts quote the address)
        invitation.sent_at = None
        logger.error("invitation.mail_failed invitation=%s error=%s", invitation.pk, type(error).__name__)


def link(token: str, site: str) -> str:
    """Return the address at which the invited person answers; empty if neither the settings nor the site has a page.

    The page is that of `neo_pages`, under `site`.
    """
    page = address("accept_invitation", "neo_pages")
    own = f"{site}{page}{token}/" if site and page else ""
    return conf.invitation_url.replace(TOKEN_MARK, token) or own


def message(invitation: Invitation, token: str, site: str = "") -> EmailMessage:
    """Return the mail as plain text, in the site's language, since that of its reader is unknown.

    The project's name, which people type, is reduced to one line, so that it cannot add headers.
    """
    project = one_line(str(invitation.project))
    with translation.override(settings.LANGUAGE_CODE):
        subject = render_to_string("projects/invitation_subject.txt", {"project": project})
        body = render_to_string(
            "projects/invitation_body.txt",
            {
                "project": project,
                "role": role_in_words(invitation.role),
                "expires_at": invitation.expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
                "token": token,
                "url": link(token, site),
                "accept_path": address("invitation-accept", "projects"),
                "decline_path": address("invitation-decline", "projects"),
                "must_match": conf.invitation_email_must_match,
            },
        )
    return EmailMessage(
        subject=subject.strip(), body=body, to=[invitation.email], headers={"Auto-Submitted": "auto-generated"}
    )
