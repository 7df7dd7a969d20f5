"""The pages of accounts speak formally in German, as all others do."""

from __future__ import annotations

import re
from pathlib import Path

import allauth
import pytest
from babel.messages.pofile import read_po
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from neo_site.accounts.wording import SAID_HERE

pytestmark = pytest.mark.once

INFORMAL = re.compile(r"\b(du|dich|dir|dein\w*)\b", re.IGNORECASE)


@pytest.mark.parametrize("text", SAID_HERE)
def test_a_sentence_of_the_library_is_said_formally(text: str) -> None:
    with translation.override("de"):
        said = gettext(text)
    assert said != text
    assert not INFORMAL.search(said)


def test_each_of_them_is_still_one_of_the_library() -> None:
    folder = Path(allauth.__file__).parent / "locale" / "de" / "LC_MESSAGES"
    with (folder / "django.po").open("rb") as catalogue:
        known = {message.id for message in read_po(catalogue)}
    assert [text for text in SAID_HERE if text not in known] == []


@pytest.mark.django_db
def test_whoever_may_not_sign_up_is_told_how_accounts_are_made() -> None:
    page = Client(headers={"Accept-Language": "de"}).get("/accounts/signup/")
    assert "Konten gibt es auf Einladung" in page.text
    assert 'href="/accounts/login/"' in page.text
