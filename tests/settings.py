"""The site's own settings, with a data directory of their own.

NEO_TEST_DATABASE=postgresql chooses the other database.
"""

import os
import tempfile
from pathlib import Path

from neo_site.keys import make_key_files

DIRECTORY = Path(tempfile.mkdtemp(prefix="neo-tests-"))
make_key_files(DIRECTORY)
ON_POSTGRESQL = os.environ.get("NEO_TEST_DATABASE") == "postgresql"

for _name in [name for name in os.environ if name.startswith("NEO_") and name != "NEO_TEST_DATABASE"]:
    del os.environ[_name]
os.environ.pop("DATABASE_URL", None)
os.environ |= {"NEO_PROFILE": "development", "NEO_DATA_DIR": str(DIRECTORY), "NEO_LOG_LEVEL": "DEBUG"}
if ON_POSTGRESQL:
    from tests.postgresql import server_uri

    os.environ["DATABASE_URL"] = server_uri()

from neo_site.settings import *  # noqa: E402, F403
from neo_site.settings import ALLOWED_HOSTS, DATABASES  # noqa: E402

ALLOWED_HOSTS.append("testserver")
# A file and not memory: tests with threads and tests that look for plaintext need one.
DATABASES["default"]["TEST"] = {} if ON_POSTGRESQL else {"NAME": str(DIRECTORY / "test.sqlite3")}
# The tests sign in often and test no hash.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
