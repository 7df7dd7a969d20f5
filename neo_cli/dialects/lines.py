"""Dialects of assignments: shells, `docker run --env-file`, systemd's `EnvironmentFile=`."""

from __future__ import annotations

import re
import shlex

# Bytes of a line that docker reads, its end included.
_DOCKER_LINE = 64 * 1024

# In double quotes systemd takes a backslash away before these alone.
_SYSTEMD_ESCAPED = re.compile(r'["\\`$]')
# Code points that are no characters, which systemd refuses: U+FDD0 to U+FDEF, and the last two of each plane.
_NO_CHARACTERS = re.compile(
    "[\ufdd0-\ufdef" + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17)) + "]"
)


def shell(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}\n"


def docker(name: str, value: str) -> str | None:
    """As it is, for docker knows no quotes and no escapes; newer versions take a pair of quotes away, so no pair."""
    line = f"{name}={value}\n"
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    is_one_line = "\n" not in value and not value.endswith("\r") and len(line.encode()) < _DOCKER_LINE
    return line if is_one_line and not is_quoted else None


def systemd(name: str, value: str) -> str | None:
    if _NO_CHARACTERS.search(value):
        return None
    escaped = _SYSTEMD_ESCAPED.sub(r"\\\g<0>", value)
    return f'{name}="{escaped}"\n'
