"""Names that change how programs run, and names that do not."""

from __future__ import annotations

import pytest

from neo_cli.exits import Exit, Failure
from neo_cli.unsafe_names import refuse_unsafe
from secrets_app.risky_names import is_refused_by_command

UNSAFE = """
    LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT DYLD_INSERT_LIBRARIES PATH PYTHONPATH PYTHONSTARTUP PYTHONHOME NODE_OPTIONS
    BASH_ENV ENV IFS PS4 SHELLOPTS PERL5OPT PERL5LIB RUBYOPT GIT_SSH_COMMAND GIT_SSH GIT_ASKPASS GIT_EXTERNAL_DIFF
    GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_PROXY_COMMAND GIT_EXEC_PATH JAVA_TOOL_OPTIONS CLASSPATH PROMPT_COMMAND
    HTTP_PROXY HTTPS_PROXY ALL_PROXY SSL_CERT_FILE SSLKEYLOGFILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE HOME TMPDIR
    EDITOR PAGER LESSOPEN DOCKER_HOST KUBECONFIG PIP_INDEX_URL NPM_CONFIG_REGISTRY GOPROXY RUSTC_WRAPPER MAKEFLAGS
    LUA_INIT LUA_INIT_5_4 NEO_TOKEN NEO_SERVER
"""
SAFE = """
    GITHUB_TOKEN GIT_TOKEN AWS_SECRET_ACCESS_KEY AWS_ACCESS_KEY_ID DATABASE_URL OPENAI_API_KEY NPM_TOKEN PYPI_TOKEN
    PYTHONANYWHERE_API_TOKEN CARGO_REGISTRY_TOKEN SSH_PRIVATE_KEY DOCKER_PASSWORD PATH_TOKEN MY_PATH
    HOME_ASSISTANT_TOKEN ENV_TOKEN PROXY_PASSWORD NODE_AUTH_TOKEN POETRY_PYPI_TOKEN_PYPI GITLAB_TOKEN SHELLHUB_KEY
    ENVIRONMENT
"""


@pytest.mark.parametrize("name", UNSAFE.split())
def test_unsafe_name_is_refused_unless_allowed(name: str) -> None:
    assert is_refused_by_command(name)
    with pytest.raises(Failure, match=f"--allow-name {name}") as refused:
        refuse_unsafe(["GITHUB_TOKEN", name], allowed=["ANOTHER"])
    assert refused.value.code == Exit.REFUSED
    refuse_unsafe(["GITHUB_TOKEN", name], allowed=[name])


@pytest.mark.parametrize("name", SAFE.split())
def test_common_credential_names_are_safe(name: str) -> None:
    assert not is_refused_by_command(name)


def test_inherited_variables_cannot_be_replaced_unnoticed() -> None:
    assert all(is_refused_by_command(name) for name in ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "TMPDIR"))
