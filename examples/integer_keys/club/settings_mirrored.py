"""The settings of the same site, as if `teams` came from somebody else and its table could have no further column.

Each team has a mirror with a UUID. Secrets belong to the mirrors.
"""

from club.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "mirrored"]  # noqa: F405
SECRETS_APP_PROJECT_MODEL = "mirrored.Mirror"
SECRETS_APP_PROJECT_FIELD = None
SECRETS_APP = {**SECRETS_APP, "MEMBERSHIP_POLICY": "mirrored.policy.MirrorPolicy"}  # noqa: F405
