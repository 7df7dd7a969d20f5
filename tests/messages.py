"""The texts that people see, as they stand in the code, and the files of their translations.

`make messages` runs this: a new text gets an empty translation, one that is gone goes, and the rest is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from neo_site.configuration.languages import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {
    "projects": ("projects", "neo_base"),
    "secrets_app": ("secrets_app", "neo_base"),
    "neo_pages": ("neo_pages",),
    "neo_site": ("neo_site",),
}
"""Whose texts each app translates. Django looks for translations in installed apps: `neo_base` is none, and a site may
have installed either app without the other."""
TRANSLATED = [code for code in LANGUAGES if code != "en"]
TEMPLATES = (".html", ".txt")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    **dict.fromkeys(("gettext_lazy", "gettext_noop")),
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


class Translations(Catalog):
    """With no head but what gettext needs: dates and versions of tools would differ each time."""

    mime_headers = property(
        lambda self: [
            ("Language", str(self.locale_identifier)),
            ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit\n"),
        ]
    )


def texts(app: str) -> Catalog:
    """What `app` has to translate."""
    found = Catalog()
    for file in _files(app):
        for _, message, comments, context in extract("python", BytesIO(_as_python(file)), KEYWORDS, ("Translators:",)):
            found.add(message, auto_comments=comments, context=context)
    return found


def folder(app: str, language: str) -> Path:
    return ROOT / app / "locale" / language / "LC_MESSAGES"


def translations(app: str, language: str) -> Catalog:
    """What stands in the .po file; empty where there is none."""
    file = folder(app, language) / "django.po"
    with BytesIO(file.read_bytes() if file.exists() else b"") as content:
        return read_po(content, locale=language)


def update(app: str, language: str) -> None:
    former, present = translations(app, language), Translations(locale=language, header_comment="", fuzzy=False)
    for message in texts(app):
        if message.id:
            known = former.get(message.id, message.context)
            string = known.string if known else None
            present.add(message.id, string, auto_comments=message.auto_comments, context=message.context)
    folder(app, language).mkdir(parents=True, exist_ok=True)
    with (folder(app, language) / "django.po").open("wb") as po:
        write_po(po, present, width=120, sort_output=True)
    with (folder(app, language) / "django.mo").open("wb") as mo:
        write_mo(mo, present)


def _files(app: str) -> Iterator[Path]:
    for source in SOURCES[app]:
        for file in sorted((ROOT / source).rglob("*")) or [ROOT / source]:
            is_template = file.suffix in TEMPLATES and "templates" in file.parts
            if is_template or (file.suffix == ".py" and "migrations" not in file.parts):
                yield file


def _as_python(file: Path) -> bytes:
    text = file.read_text(encoding="utf-8")
    if file.suffix in TEMPLATES:
        # Django's own reading of a template. What is left of its indentation would be none of Python's.
        text = "\n".join(line.lstrip() for line in templatize(text).splitlines())
    return text.encode()


if __name__ == "__main__":
    for app in SOURCES:
        for language in TRANSLATED:
            update(app, language)
