"""Names of environment variables that change how programs run, refused unless the user allows them one by one.

The server holds back what a member stores under such a name in a project. The command also refuses those of personal
secrets, and of servers that do not hold them back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from neo_cli.exits import Exit, Failure
from secrets_app.risky_names import is_refused_by_command


def refuse_unsafe(names: Iterable[str], allowed: Collection[str]) -> None:
    """Raise Failure with every name that changes how programs run and is not in `allowed`.

    Secrets have upper-case names; an alias may be the other spelling that programs read, as of `http_proxy`.
    """
    refused = sorted(name for name in names if is_refused_by_command(name.upper()) and name not in allowed)
    if refused:
        options = " ".join(f"--allow-name {name}" for name in refused)
        raise Failure(
            f"Variables of these names change how programs run: {', '.join(refused)}. Rename the secrets, or allow "
            f"the names: {options}",
            Exit.REFUSED,
        )
