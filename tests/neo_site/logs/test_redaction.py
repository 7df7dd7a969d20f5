"""Redaction of log messages: what looks like a credential, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from neo_site.logs.redaction import REDACTED, redacted
from neo_site.signin.actions import sign_in
from secrets_app.token_format import new_token

pytestmark = pytest.mark.once

HIDDEN = "Zm9vYmFyLWJheg"
LEAKS = {
    "a header": f"Authorization: Bearer {HIDDEN}",
    "a header in lower case": f"authorization:bearer {HIDDEN}",
    "a header of another scheme": f"Proxy-Authorization: Digest {HIDDEN}, response={HIDDEN}",
    "a dictionary of headers": f"{{'Authorization': 'Bearer {HIDDEN}', 'Host': 'example.com'}}",
    "headers as JSON": f'{{"x-api-key": "{HIDDEN}"}}',
    "headers as pairs of bytes": f"[(b'authorization', b'Bearer {HIDDEN}')]",
    "a WSGI environment": f"{{'HTTP_X_API_KEY': '{HIDDEN}', 'HTTP_AUTHORIZATION': 'Basic {HIDDEN}'}}",
    "cookies": f"Set-Cookie: sessionid={HIDDEN}; csrftoken={HIDDEN}",
    "a bearer token alone": f"refused: Bearer {HIDDEN}.{HIDDEN}~+/==",
    "basic credentials alone": f"basic {HIDDEN}==",
    "a service token": f"token neo_sk_{HIDDEN}",
    "the token of a task": f"token=neo_task_{HIDDEN}&x=1",
    "a signed token": f"eyJhbGciOiJIUzI1NiJ9.{HIDDEN}.{HIDDEN}",
    "an unsigned token": f"eyJhbGciOiJub25lIn0.{HIDDEN}.",
    "the password in an address": f"postgres://neo:{HIDDEN}@db.example.com:5432/neo",
    "the password of a Redis": f"rediss://:{HIDDEN}@cache.example.com",
}
HARMLESS = [
    "request.answered",
    "authorization was refused",
    "a basic question",
    "https://example.com:8000/api/v1/secrets",
    "neo_site.startup",
    "route=api/v1/secrets/<uuid:secret_id>",
    "Größe 3 • 4",
]


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS)
def test_credentials_are_redacted(text: str) -> None:
    assert HIDDEN in text
    assert HIDDEN not in redacted(text)
    assert REDACTED in redacted(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays_unchanged(text: str) -> None:
    assert redacted(text) == text


def test_text_around_a_credential_stays() -> None:
    assert redacted(f"session of neo_sk_{HIDDEN} ended") == f"session of neo_sk_{REDACTED} ended"


def test_tokens_of_this_site_are_redacted(member: Any) -> None:
    service, session = new_token(), sign_in(user=member)
    line = redacted(f"got {service} and {session.access} and {session.refresh}")
    assert line == f"got neo_sk_{REDACTED} and {REDACTED} and {REDACTED}"
