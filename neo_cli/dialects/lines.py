"""Dialects with one assignment after another: shells, `docker run --env-file`, systemd's `EnvironmentFile=`."""

from __future__ import annotations

import re
import shlex

# docker reads lines of fewer bytes than this, line break included.
_MAX_DOCKER_LINE = 64 * 1024

# In double quotes, systemd removes a backslash only before these characters.
_SYSTEMD_ESCAPED = re.compile(r'["\\`$]')
# systemd refuses noncharacters: U+FDD0 to U+FDEF, and the last two code points of each plane.
_NONCHARACTERS = re.compile(
    "[\ufdd0-\ufdef" + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17)) + "]"
)


def shell(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}\n"


def docker(name: str, value: str) -> str | None:
    """Return the unescaped assignment, since docker has no quoting; None if docker would change the value.

    Newer versions remove a pair of quotes around a value, so such a value cannot be written.
    """
    line = f"{name}={value}\n"
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    is_one_line = "\n" not in value and not value.endswith("\r") and len(line.encode()) < _MAX_DOCKER_LINE
    return line if is_one_line and not is_quoted else None


def systemd(name: str, value: str) -> str | None:
    if _NONCHARACTERS.search(value):
        return None
    escaped = _SYSTEMD_ESCAPED.sub(r"\\\g<0>", value)
    return f'{name}="{escaped}"\n'
