"""The Python API: secrets for the code of a host site, without HTTP.

    from secrets_app.python_api import secrets_for

    secrets_for(user).create("GITHUB_TOKEN", token)
    secrets_for(user, project=project).list()

Rules, limits and audit events are the same as over HTTP. What goes wrong is a `SecretsError`; see `errors`. Each call
reads the user's roles afresh. Coroutines use `asecrets_for`.
"""

from secrets_app.python_api.asynchronous import AsyncSecrets, asecrets_for
from secrets_app.python_api.credentials import end_credentials, end_membership, service_token_for
from secrets_app.python_api.errors import *  # noqa: F403  (every error)
from secrets_app.python_api.errors import __all__ as _errors
from secrets_app.python_api.secrets import Secrets, secrets_for
from secrets_app.python_api.shown import Environment, SecretInfo

__all__ = [
    "AsyncSecrets",
    "Environment",
    "SecretInfo",
    "Secrets",
    "asecrets_for",
    "end_credentials",
    "end_membership",
    "secrets_for",
    "service_token_for",
    *_errors,
]
