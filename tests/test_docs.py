"""The texts say what the code does: settings, dependencies, endpoints, errors, files and links."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.dispatch import Signal
from jsonschema import Draft202012Validator
from rest_framework import exceptions

import neo_base.access.errors
import neo_base.rest.errors
import neo_site.accounts.api.errors
import neo_site.signin.devices.errors
import neo_site.signin.errors
import projects.conf
import projects.errors
import secrets_app.errors
import secrets_app.signals
from neo_base.audit.catalogue import catalogue
from neo_site.logs.formatters import ERROR_FIELDS, REQUEST_FIELDS
from secrets_app.conf import Settings
from tests.openapi import assert_documented, operation_of, plain_document

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("neo_cli", "neo_base", "neo_pages", "neo_site", "projects", "secrets_app", "tests", "docs")
ERROR_MODULES = (
    neo_base.access.errors,
    neo_base.rest.errors,
    projects.errors,
    secrets_app.errors,
    neo_site.accounts.api.errors,
    neo_site.signin.devices.errors,
    neo_site.signin.errors,
)

ENVIRONMENT_READ = re.compile(
    r"""(?:\benv,\s*|\benv\.\w+\(\s*|environ\.get\(\s*|environ\[|key_reader\.read\(\s*)"(\w+)"|"(\w+)" in os\.environ"""
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
IMAGE = re.compile(r'!\[[^\]]+\]\(([^)\s]+)\)|<img src="([^"]+)" alt="[^"]+"')
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE_BLOCK = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
REQUIREMENT = re.compile(r"^([A-Za-z0-9][\w.-]*)", re.MULTILINE)
ENDPOINT = re.compile(r"^### `([A-Z]+) (/\S+)`$(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
REQUEST = re.compile(r"^Request:\n\n```json\n(.*?)^```", re.MULTILINE | re.DOTALL)
ANSWER = re.compile(r"^Answer `(\d{3})`(?::\n\n```json\n(.*?)^```|, no body\.$)", re.MULTILINE | re.DOTALL)


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def visible_files(suffix: str) -> list[str]:
    """Return the files with this suffix, without those in hidden folders such as a virtual environment."""
    found = [path for path in ROOT.glob(f"*.{suffix}") if not path.name.startswith(".")]
    for folder in ROOT.glob("[!.]*/"):
        found += folder.glob(f"**/*.{suffix}")
    places = (path.relative_to(ROOT) for path in found)
    return sorted(place.as_posix() for place in places if not any(part.startswith(".") for part in place.parts))


PAGES = visible_files("md")


def files_of(package: str) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / package).glob("*.py"))]


def section(path: str, heading: str) -> str:
    """What stands under `heading`, up to the next one of any level; fails when there is none."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text(path), re.MULTILINE | re.DOTALL)
    assert found, f"{path} has no heading {heading!r}"
    return found[1]


def rows(path: str, heading: str) -> list[list[str]]:
    """The cells of the table under `heading`, without its head."""
    lines = [line for line in section(path, heading).splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def anchor(heading: str) -> str:
    """The fragment that a repository host gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def documented_operations() -> list[tuple[str, str, str]]:
    """(method, path, what stands under it) for each endpoint of docs/api.md."""
    return [(found[1], found[2], found[3]) for found in ENDPOINT.finditer(text("docs/api.md"))]


def operation_ids(operation: tuple[str, str, str]) -> str:
    return f"{operation[0]} {operation[1]}"


def our_errors() -> Iterator[type[exceptions.APIException]]:
    for module in ERROR_MODULES:
        for thing in vars(module).values():
            is_own = getattr(thing, "__module__", None) == module.__name__
            if is_own and isinstance(thing, type) and issubclass(thing, exceptions.APIException):
                yield thing


def documented_errors() -> set[tuple[int, str]]:
    return {(int(status), code) for status, code, _ in rows("docs/api.md", "Errors")}


# Settings


def test_the_documented_variables_are_those_that_are_read() -> None:
    code = "".join(map(text, ["neo_site/settings.py", *files_of("neo_site/configuration")]))
    read = {name for groups in ENVIRONMENT_READ.findall(code) for name in groups if name}
    assert {row[0] for row in rows("docs/settings.md", "Environment")} == read


def test_the_example_environment_has_documented_variables_only() -> None:
    named = set(re.findall(r"\b((?:NEO|DATABASE)_[A-Z_]*[A-Z])\b(?==)", text(".env.example")))
    documented = {row[0] for row in rows("docs/settings.md", "Environment")}
    assert named - documented - {f"{name}_FILE" for name in documented} == set()


@pytest.mark.parametrize(
    ("dictionary", "conf"), [("SECRETS_APP", Settings()), ("PROJECTS", projects.conf.conf)], ids=["secrets", "projects"]
)
def test_every_key_of_an_app_is_documented_with_its_default(dictionary: str, conf: Any, settings: Any) -> None:
    setattr(settings, dictionary, {})
    properties = [name for name, value in vars(type(conf)).items() if isinstance(value, property)]
    documented = {row[0]: row[2] for row in rows("docs/settings.md", f"`{dictionary}`")}
    assert documented.keys() == {name.upper() for name in properties}
    plain = [name for name in properties if name not in ("membership_policy", "authentication_classes")]
    assert {name: json.loads(documented[name.upper()]) for name in plain} == {
        name: getattr(conf, name) for name in plain
    }


def test_the_documented_authentication_classes_are_the_default(settings: Any) -> None:
    settings.SECRETS_APP = {}
    settings.REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"]
    }
    documented = {row[0]: row[2] for row in rows("docs/settings.md", "`SECRETS_APP`")}
    default = documented["AUTHENTICATION_CLASSES"].replace("`", "")
    assert default == "ServiceTokenAuthentication, then the classes in REST_FRAMEWORK"
    names = [each.__name__ for each in Settings().authentication_classes]
    assert names == ["ServiceTokenAuthentication", "SessionAuthentication"]


def test_the_documented_membership_policy_is_the_default(settings: Any) -> None:
    settings.SECRETS_APP = {}
    documented = {row[0]: row[2] for row in rows("docs/settings.md", "`SECRETS_APP`")}
    policy = type(Settings().membership_policy)
    assert json.loads(documented["MEMBERSHIP_POLICY"]) == f"{policy.__module__}.{policy.__qualname__}"


def test_every_field_of_the_log_is_documented() -> None:
    always = {"time", "level", "logger", "message"}
    assert {row[0] for row in rows("docs/deployment.md", "Logs")} == always | {*REQUEST_FIELDS, *ERROR_FIELDS}


@pytest.mark.parametrize("name", ["SECRETS_APP_PROJECT_MODEL", "SECRETS_APP_PROJECT_FIELD"])
def test_the_settings_for_the_project_model_are_documented(name: str) -> None:
    assert name in text("secrets_app/models/project.py")
    assert f"`{name}`" in text("docs/settings.md")


def test_every_system_check_is_documented() -> None:
    files = ["secrets_app/checks/settings.py", "secrets_app/checks/site.py", "secrets_app/checks/api.py"]
    code = "".join(map(text, [*files, "neo_base/checks.py", "projects/checks.py", "neo_site/checks.py"]))
    registered = set(re.findall(r"\b((?:neo_base|secrets_app|projects|neo_site)\.[EW]\d{3})\b", code))
    assert {row[0] for row in rows("docs/settings.md", "System checks")} == registered


# Dependencies


@pytest.mark.parametrize(
    ("file", "heading"),
    [
        ("requirements.txt", "`requirements.txt`: what the site runs on"),
        ("requirements-otel.txt", "`requirements-otel.txt`: what traces add"),
        ("requirements-kms.txt", "`requirements-kms.txt`: what AWS KMS adds"),
        ("requirements-dev.txt", "`requirements-dev.txt`: what tests and checks add"),
    ],
)
def test_every_requirement_has_its_reason_and_nothing_else_has(file: str, heading: str) -> None:
    listed = rows("docs/dependencies.md", heading)
    assert sorted(row[0] for row in listed) == sorted(REQUIREMENT.findall(text(file)))
    assert all(row[1] for row in listed)


# The API


def test_the_documented_endpoints_are_those_that_exist() -> None:
    served = {(method.upper(), path) for path, methods in plain_document()["paths"].items() for method in methods}
    documented = [(method, path) for method, path, _ in documented_operations()]
    assert sorted(documented) == sorted(served)


@pytest.mark.parametrize("operation", documented_operations(), ids=operation_ids)
def test_each_documented_answer_fits_the_schema(operation: tuple[str, str, str]) -> None:
    method, path, description = operation
    (status, body), *_ = ANSWER.findall(description)
    assert_documented(method, path, int(status), "application/json", body.encode())


@pytest.mark.parametrize(
    "operation", [each for each in documented_operations() if REQUEST.search(each[2])], ids=operation_ids
)
def test_each_documented_request_fits_the_schema(operation: tuple[str, str, str]) -> None:
    method, path, description = operation
    content = (operation_of(method, path) or {})["requestBody"]["content"]["application/json"]
    schema = content["schema"] | {"components": plain_document()["components"]}
    Draft202012Validator(schema).validate(json.loads(REQUEST.findall(description)[0]))


def test_a_request_is_documented_wherever_a_body_is_taken() -> None:
    missing = [
        operation_ids(operation)
        for operation in documented_operations()
        if "requestBody" in (operation_of(operation[0], operation[1]) or {}) and not REQUEST.search(operation[2])
    ]
    assert missing == []


def test_every_error_is_documented_with_its_status() -> None:
    raised = {(int(error.status_code), error.default_code) for error in our_errors()}
    assert raised - documented_errors() == set()


def test_every_documented_error_exists() -> None:
    stock = [each for each in vars(exceptions).values() if hasattr(each, "default_code")]
    known = {(int(error.status_code), error.default_code) for error in [*our_errors(), *stock]}
    assert documented_errors() - known == set()


def test_the_documented_problem_has_every_member() -> None:
    example = json.loads(re.findall(r"```json\n(.*?)```", section("docs/api.md", "Errors"), re.DOTALL)[0])
    assert example.keys() == plain_document()["components"]["schemas"]["Problem"]["properties"].keys()


def test_the_page_of_permissions_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("permissions")
    assert capsys.readouterr().out.strip() == text("docs/permissions.md").strip(), (
        "manage.py permissions > docs/permissions.md"
    )


# The audit


def test_every_event_is_documented_with_what_it_carries() -> None:
    listed = {row[0]: row[1:] for row in rows("docs/audit.md", "Events")}
    assert listed == {
        event.name: [event.subject, ", ".join(f"`{key}`" for key in event.data).strip("`"), event.says]
        for event in catalogue.values()
    }


# How the pages are written

PROSE_COLUMNS = 120
# Users, operators and attackers are "they".
PRONOUN = re.compile(r"\bh(?:e|is|im|imself)\b", re.IGNORECASE)
WRITTEN = ("md", "py", "po", "html", "txt")


def prose_of(page: str) -> Iterator[str]:
    """Yield the lines of a page outside of code blocks, tables and HTML, with links as their text."""
    for line in CODE_BLOCK.sub("", text(page)).splitlines():
        if not line.lstrip().startswith(("|", "<")):
            yield re.sub(r"\]\([^)\s]+\)", "]", line)


@pytest.mark.parametrize("page", PAGES)
def test_prose_is_wrapped(page: str) -> None:
    assert [line for line in prose_of(page) if len(line) > PROSE_COLUMNS] == []


@pytest.mark.parametrize("kind", WRITTEN)
def test_people_are_called_they(kind: str) -> None:
    files = visible_files(kind)
    assert files
    lines = [(file, line.strip()) for file in files for line in text(file).splitlines()]
    assert [f"{file}: {line}" for file, line in lines if PRONOUN.search(line)] == []


# What the pages point at


@pytest.mark.parametrize("page", PAGES)
def test_relative_links_lead_somewhere(page: str) -> None:
    targets = [link for link in LINK.findall(text(page)) if "://" not in link]
    broken = [link for link in targets if not leads_somewhere(ROOT / page, link)]
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_images_exist_and_have_a_description(page: str) -> None:
    images = [markdown or html for markdown, html in IMAGE.findall(text(page))]
    assert len(images) == len(re.findall(r"!\[|<img ", text(page)))
    assert [image for image in images if not (ROOT / page).parent.joinpath(image).is_file()] == []


def test_the_index_lists_every_page() -> None:
    listed = {(ROOT / "docs" / link).resolve() for link in LINK.findall(text("docs/README.md"))}
    assert listed >= set(ROOT.glob("docs/*.md")) - {ROOT / "docs/README.md"}


def leads_somewhere(page: Path, link: str) -> bool:
    address, _, fragment = link.partition("#")
    target = page.parent / address if address else page
    return target.exists() and (
        not fragment or fragment in map(anchor, HEADING.findall(target.read_text(encoding="utf-8")))
    )


@pytest.mark.parametrize("page", PAGES)
def test_named_files_exist(page: str) -> None:
    named = [code for code in CODE.findall(text(page)) if re.fullmatch(rf"(?:{'|'.join(PACKAGES)})/[\w./-]*", code)]
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_named_files_of_mutation_testing_exist() -> None:
    folders = dict(re.findall(r"^(\w+)=(tests/\S+)$", text(".ci/mutation-tests"), re.MULTILINE))
    tests = re.sub(r"\$(\w+)", lambda found: folders.get(found[1], found[0]), text(".ci/mutation-tests"))
    named = re.findall(r"\btests/[\w/]+\.py", tests) + re.findall(r'"([\w/]+\.py)"', text(".ci/mutation.toml"))
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_named_make_targets_exist(page: str) -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z][\w-]*)", text(page), re.MULTILINE))
    targets = set(re.findall(r"^([a-z][\w-]*):", text("Makefile"), re.MULTILINE))
    assert named - targets == set()


def test_the_readme_names_the_two_commands() -> None:
    assert "`make run`" in text("README.md")
    assert "`make test`" in text("README.md")


def test_the_changelog_has_a_place_for_what_is_next() -> None:
    assert "## [Unreleased]" in text("CHANGELOG.md")


def test_the_licence_is_the_whole_apache_licence() -> None:
    licence = text("LICENSE")
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert "APPENDIX: How to apply the Apache License to your work." in licence


def test_every_signal_is_documented() -> None:
    sent = {name for name, value in vars(secrets_app.signals).items() if isinstance(value, Signal)}
    documented = {name for row in rows("docs/python-api.md", "Signals") for name in re.findall(r"\w+", row[0])}
    assert documented == sent
