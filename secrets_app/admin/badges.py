"""Badges, which show the state of a row in the lists of the admin in a few words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from secrets_app.admin.words import in_words
from secrets_app.master_keys import standing_of
from secrets_app.models import DataKey, KeyCheckValue, Secret, ServiceToken, TaskGrant
from secrets_app.models.secret import EXPIRES_SOON, QuarantineReason

Badge = tuple[str, str]
"""The kind of a badge (`good`, `plain`, `warn` or `bad`), which gives its colour, and its text."""


def badges(row: Any) -> SafeString:
    """Return the badges of the row as HTML. Raises KeyError for a model that has none."""
    return format_html_join(
        " ", '<span class="secrets-badge secrets-badge-{}">{}</span>', BADGES_OF_MODEL[type(row)](row)
    )


def mask(text: str | None) -> SafeString:
    """Return a mask as HTML in a monospaced font, so that masks in a list line up; for None, the badge "unreadable"."""
    if text is None:
        return format_html('<span class="secrets-badge secrets-badge-bad">{}</span>', _("unreadable"))
    return format_html('<code class="secrets-mask">{}</code>', text)


def _of_secret(secret: Secret) -> Iterator[Badge]:
    if secret.is_damaged:
        yield "bad", _("damaged")
    if secret.default_available:
        yield "good", _("default")
    if secret.created_by_agent:
        yield "plain", _("by agent")
    if secret.is_quarantined:
        risky = secret.quarantine_reason == QuarantineReason.RISKY_NAME
        yield "warn", _("risky name") if risky else _("quarantined")
    if secret.is_exempt_from_redaction:
        yield "plain", _("not redacted")
    elif not secret.is_maskable:
        yield "warn", _("too short to redact")
    yield from _expiry(secret.expires_at)


def _of_token(token: ServiceToken) -> Iterator[Badge]:
    if token.revoked_at is not None:
        yield "bad", _("revoked %(time)s ago") % _since(token.revoked_at)
        return
    yield from _expiry(token.expires_at) if token.expires_at else [("plain", _("no expiry"))]


def _of_grant(grant: TaskGrant) -> Iterator[Badge]:
    if grant.revoked_at is not None and getattr(grant, "was_ended_by_its_own", False):
        # As `neo run` does when its command ends.
        yield "plain", _("ended %(time)s ago") % _since(grant.revoked_at)
    elif grant.revoked_at is not None:
        yield "bad", _("revoked %(time)s ago") % _since(grant.revoked_at)
    elif grant.expires_at <= timezone.now():
        yield "plain", _("expired %(time)s ago") % _since(grant.expires_at)
    elif grant.max_uses is not None and grant.uses >= grant.max_uses:
        yield "plain", _("used up")
    else:
        yield "good", _("expires in %(time)s") % {"time": timeuntil(grant.expires_at, depth=1)}


def _of_key(key: DataKey) -> Iterator[Badge]:
    kinds = {DataKey.State.ACTIVE: "good", DataKey.State.RETIRING: "warn", DataKey.State.DESTROYED: "bad"}
    yield kinds[DataKey.State(key.state)], key.get_state_display().lower()


def _of_master_key(key: KeyCheckValue) -> Iterator[Badge]:
    standing = standing_of(key.master_key_id)
    yield {"active": "good", "held": "plain"}.get(standing, "bad"), in_words(standing)


def _expiry(expires_at: datetime | None) -> Iterator[Badge]:
    if expires_at is None:
        return
    now = timezone.now()
    if expires_at <= now:
        yield "bad", _("expired %(time)s ago") % _since(expires_at)
    elif expires_at <= now + EXPIRES_SOON:
        yield "warn", _("expires in %(time)s") % {"time": timeuntil(expires_at, now, depth=1)}
    else:
        yield "plain", _("until %(day)s") % {"day": date_format(timezone.localtime(expires_at), "SHORT_DATE_FORMAT")}


def _since(moment: datetime) -> dict[str, str]:
    return {"time": timesince(moment, depth=1)}


BADGES_OF_MODEL: dict[type, Callable[[Any], Iterator[Badge]]] = {
    Secret: _of_secret,
    ServiceToken: _of_token,
    TaskGrant: _of_grant,
    DataKey: _of_key,
    KeyCheckValue: _of_master_key,
}
