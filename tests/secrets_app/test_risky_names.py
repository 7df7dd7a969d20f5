"""The data file of risky names: what is in it, what is not, and that each group says where it comes from."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from secrets_app.models.secret import NAME_PATTERN
from secrets_app.risky_names import groups, is_refused_by_command, is_risky

FORMS = """
    TAR_OPTIONS DB_OPTIONS MY_OPTS PHP_PRELOAD MY_PATH XPATH DELTA_PAGER SOME_EDITOR RCLONE_PASSWORD_COMMAND MY_PROXY
"""
FOUND_BY_THE_ATTACK = """
    TAR_OPTIONS RSYNC_CONNECT_PROG GUNICORN_CMD_ARGS VIMINIT EXINIT APT_CONFIG PSQL_PAGER KUBE_EDITOR HELM_PLUGINS
    HGMERGE ES_JAVA_OPTS KAFKA_OPTS JVM_OPTS HADOOP_OPTS JRUBY_OPTS BUN_OPTIONS COVERAGE_PROCESS_START GTK_MODULES
    QT_PLUGIN_PATH WERKZEUG_DEBUG_PIN SPRING_APPLICATION_JSON CARGO_ALIAS_B RBENV_ROOT
"""
ADDRESSES = """
    OPENAI_BASE_URL ANTHROPIC_BASE_URL PGHOST PGHOSTADDR VAULT_ADDR GH_HOST AWS_CONTAINER_CREDENTIALS_FULL_URI
    PUBSUB_EMULATOR_HOST
"""
HARMLESS = """
    GITHUB_TOKEN DATABASE_URL OPENAI_API_KEY RSYNC_PASSWORD VAULT_TOKEN PGPASSWORD PGUSER CARGO_REGISTRY_TOKEN
    HOMEBREW_GITHUB_API_TOKEN PATH_TOKEN SMTP_HOST API_BASE_URL PROXY_PASSWORD OPTIONS_KEY LESS_KEY BUNDLE_GEMS_KEY
"""


@pytest.mark.parametrize("name", FORMS.split() + FOUND_BY_THE_ATTACK.split() + ADDRESSES.split())
def test_risky_name_is_found_in_either_case(name: str) -> None:
    assert is_risky(name)
    assert is_risky(name.lower())


@pytest.mark.parametrize("name", FOUND_BY_THE_ATTACK.split())
def test_names_that_run_code_are_refused_by_the_command_too(name: str) -> None:
    assert is_refused_by_command(name)


@pytest.mark.parametrize("name", HARMLESS.split())
def test_names_of_credentials_are_harmless(name: str) -> None:
    assert not is_risky(name)


@pytest.mark.parametrize("name", ADDRESSES.split())
def test_the_command_gives_addresses_that_people_keep(name: str) -> None:
    assert not is_refused_by_command(name)


def test_each_group_has_a_source_and_sound_names() -> None:
    names = Counter(name for group in groups() for name in group.names)
    assert all(group.title and group.source.strip() for group in groups())
    assert [name for name, times in names.items() if times > 1] == []
    assert [name for name in names if not re.match(NAME_PATTERN, name.replace("*", "X"))] == []
