"""The translations are whole: each text has one, with the same placeholders, and gettext finds it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages import Message
from babel.messages.mofile import read_mo
from django.utils import translation

from neo_base.access.actors import ActorKind
from neo_base.audit.catalogue import catalogue
from secrets_app.admin.words import FAMILIES, WORDS
from tests.messages import SOURCES, TRANSLATED, folder, texts, translations

PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z%]|\{\w*\}")
MEND = "run `make messages`, and translate what is empty in {}"
FILES = pytest.mark.parametrize(("app", "language"), [(app, language) for app in SOURCES for language in TRANSLATED])
OF_EACH_KIND = {
    "projects": [
        "Invitation to the project %(project)s",
        "The object does not exist, or you have no access to it. Check its id.",
        "Your role in the project does not allow this. Ask an admin of the project.",
        "%(count)d revoked.",
        "viewer",
    ],
    "secrets_app": ["Needs attention", " By %(filter_title)s ", "anonymous", "by", "A secret was created.", "used up"],
    "neo_pages": [
        "%(total)s secret",
        "Values go in and never come back: people see masks, and a task gets what it was granted.",
        "Your secrets",
        "You may not do this",
    ],
    "neo_site": [
        "A user signed in.",
        "Sign-in is paused. Try again in %(seconds)s seconds.",
        "Only admin of %(project)s",
        "sessions",
    ],
}


def forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """A text for one, and another for many where there are two."""
    return tuple(text) if isinstance(text, list | tuple) else (text or "",)


def shown(message: Message) -> tuple[str, ...]:
    """Return what Django shows in the thread's language, for one and for many where there are two forms."""
    singular, *plural = forms(message.id)
    if plural:
        return translation.ngettext(singular, plural[0], 1), translation.ngettext(singular, plural[0], 2)
    if message.context:
        return (translation.pgettext(message.context, singular),)
    return (translation.gettext(singular),)


def of(app: str, language: str) -> Iterator[Message]:
    return (message for message in translations(app, language) if message.id)


@pytest.mark.parametrize("app", SOURCES)
def test_texts_of_each_kind_are_found(app: str) -> None:
    found = {form for message in texts(app) for form in forms(message.id)}
    assert set(OF_EACH_KIND[app]) - found == set()


@FILES
def test_the_file_has_the_texts_of_the_code_and_no_others(app: str, language: str) -> None:
    wanted = {(message.context, forms(message.id)) for message in texts(app) if message.id}
    held = {(message.context, forms(message.id)) for message in of(app, language)}
    assert held == wanted, MEND.format(folder(app, language) / "django.po")
    assert not translations(app, language).obsolete


@FILES
def test_each_text_is_translated(app: str, language: str) -> None:
    number = translations(app, language).num_plurals
    incomplete = [
        message.id
        for message in of(app, language)
        if message.fuzzy
        or not all(forms(message.string))
        or len(forms(message.string)) != (number if message.pluralizable else 1)
    ]
    assert incomplete == [], MEND.format(folder(app, language) / "django.po")


@FILES
def test_a_translation_keeps_placeholders_and_line_ends(app: str, language: str) -> None:
    for message in of(app, language):
        wanted = forms(message.id)[-1]
        for string in forms(message.string):
            assert sorted(PLACEHOLDER.findall(string)) == sorted(PLACEHOLDER.findall(wanted)), wanted
            assert string.endswith("\n") == wanted.endswith("\n")
            assert string == string.strip() or wanted != wanted.strip(), wanted


@FILES
def test_what_is_compiled_is_what_is_written(app: str, language: str) -> None:
    with (folder(app, language) / "django.mo").open("rb") as compiled:
        held = {(message.context, forms(message.id)): forms(message.string) for message in read_mo(compiled)}
    held.pop((None, ("",)))
    written = {(message.context, forms(message.id)): forms(message.string) for message in of(app, language)}
    assert held == written, MEND.format(folder(app, language) / "django.po")


@FILES
def test_the_site_shows_what_is_written(app: str, language: str) -> None:
    """Other apps, Django's among them, may translate the same words, and the first in INSTALLED_APPS wins."""
    with translation.override(language):
        for message in of(app, language):
            assert shown(message) == forms(message.string)


@pytest.mark.parametrize("language", TRANSLATED)
def test_each_event_says_in_each_language_what_happened(language: str) -> None:
    with translation.override("en"):
        english = {name: str(event.says) for name, event in catalogue.items()}
    with translation.override(language):
        assert [name for name, event in catalogue.items() if str(event.says) == english[name]] == []


def test_each_code_of_the_audit_has_a_word() -> None:
    assert FAMILIES.keys() == {name.partition(".")[0] for name in catalogue}
    with translation.override("en"):
        assert {family: str(word) for family, word in FAMILIES.items()} == {
            family: family.replace("_", " ").capitalize() for family in FAMILIES
        }
        assert {code: str(word) for code, word in WORDS.items()} == {code: code for code in WORDS}
    assert WORDS.keys() >= {event.subject for event in catalogue.values()}
    assert WORDS.keys() >= {"anonymous", *(kind.value for kind in ActorKind)}
