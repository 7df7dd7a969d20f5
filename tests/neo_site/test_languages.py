"""The variable that fixes the language of the pages."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site import configuration


@pytest.mark.parametrize(("given", "codes"), [("", ["en", "de"]), ("de", ["de"]), (" EN ", ["en"])])
def test_it_leaves_the_choice_or_one_language(monkeypatch: pytest.MonkeyPatch, given: str, codes: list[str]) -> None:
    monkeypatch.setattr(FileAwareEnv, "ENVIRON", {"NEO_LANGUAGE": given} if given else {})
    assert [code for code, _ in configuration.languages(FileAwareEnv())] == codes


def test_another_language_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileAwareEnv, "ENVIRON", {"NEO_LANGUAGE": "tlh"})
    with pytest.raises(ImproperlyConfigured, match=r"NEO_LANGUAGE must be one of: en, de; or empty\."):
        configuration.languages(FileAwareEnv())
