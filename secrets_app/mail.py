"""The mail that tells a user of a service token that was made in their name. It holds nothing of the token itself."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.dispatch import receiver
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from neo_base import mail
from neo_base.access.actors import Actor
from secrets_app.models import ServiceToken
from secrets_app.signals import token_created

logger = logging.getLogger(__name__)


@receiver(token_created, sender=ServiceToken, dispatch_uid="secrets_app.mail_token_created")
def mail_token_created(*, token: ServiceToken, actor: Actor, **_: Any) -> None:
    """Mail the owner of a new token, if the site sends mail and they have an address.

    Raises nothing: the token exists by now. A failure is logged.
    """
    address = _address_of(token.user)
    if not address or not mail.is_on():
        return
    try:
        message(token, actor, address).send()
    except Exception as error:  # noqa: BLE001  (each backend has its own errors, whose texts quote the address)
        logger.error("token.mail_failed token=%s error=%s", token.pk, type(error).__name__)


def message(token: ServiceToken, actor: Actor, address: str) -> EmailMessage:
    """Return the mail as plain text, in the site's language, since that of its reader is unknown."""
    with translation.override(settings.LANGUAGE_CODE):
        context = {
            "name": mail.one_line(token.name),
            "prefix": token.prefix,
            "scopes": ", ".join(token.scopes),
            "project_id": token.project_id,
            "created_at": _in_words(token.created_at),
            "expires_at": _in_words(token.expires_at),
            "client_address": actor.origin.client_address,
        }
        subject = render_to_string("secrets_app/mail/token_created_subject.txt", context)
        body = render_to_string("secrets_app/mail/token_created_body.txt", context)
    return EmailMessage(subject=subject.strip(), body=body, to=[address], headers={"Auto-Submitted": "auto-generated"})


def _address_of(user: Any) -> str:
    return str(getattr(user, user.get_email_field_name(), None) or "")


def _in_words(moment: datetime | None) -> str:
    return gettext("never") if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
