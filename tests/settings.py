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

for _name in [name for name in os.environ if name.startswith("NEO_") and not name.startswith("NEO_TEST_")]:
    del os.environ[_name]
for _name in ("DATABASE_URL", "CACHE_URL"):
    os.environ.pop(_name, None)
os.environ |= {"NEO_PROFILE": "development", "NEO_DATA_DIR": str(DIRECTORY), "NEO_LOG_LEVEL": "DEBUG"}
# Tests of limits switch on what they need.
LIMITS = ["NEO_THROTTLE_USER", "NEO_THROTTLE_TOKEN", "NEO_THROTTLE_ADDRESS"]
LIMITS += ["NEO_SIGN_IN_NAME_FAILURES", "NEO_SIGN_IN_ADDRESS_FAILURES"]
os.environ |= dict.fromkeys(LIMITS, "off")
if ON_POSTGRESQL:
    from tests.postgresql import server_uri

    # Dropping the database at the end is one long statement on a busy machine.
    os.environ |= {"DATABASE_URL": server_uri(), "NEO_STATEMENT_TIMEOUT_MS": "60000"}

from neo_site.settings import *  # noqa: E402, F403
from neo_site.settings import ALLOWED_HOSTS, DATABASES  # noqa: E402

ALLOWED_HOSTS.append("testserver")
# A file and not memory: tests with threads and tests that look for plaintext need one.
DATABASES["default"]["TEST"] = {} if ON_POSTGRESQL else {"NAME": str(DIRECTORY / "test.sqlite3")}
# Static files are looked for when one is asked for, and not by each new client of a test.
WHITENOISE_AUTOREFRESH = True
# The tests sign in often and test no hash.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
