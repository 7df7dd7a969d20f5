"""Whether a site sends mail."""

from __future__ import annotations

from typing import Any

import pytest

from neo_base import mail

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("mailers", "expected"),
    [
        ({"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}}, True),
        ({"default": {}}, True),
        ({"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}, False),
        ({"bulk": {}}, False),
        ({}, False),
    ],
)
def test_mailers_say_whether_mail_is_on(settings: Any, mailers: dict[str, Any], expected: bool) -> None:
    settings.MAILERS = mailers
    assert mail.is_on() is expected
