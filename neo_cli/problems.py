"""Problem documents of the server (RFC 9457), as one line for people and an exit code for programs."""

from __future__ import annotations

from typing import Any

from neo_cli.exits import Exit, Failure
from neo_cli.text import printable

CODES = {
    400: Exit.DATA,
    401: Exit.REFUSED,
    403: Exit.REFUSED,
    404: Exit.NOT_FOUND,
    405: Exit.PROTOCOL,
    409: Exit.DATA,
    412: Exit.DATA,
    413: Exit.DATA,
    415: Exit.PROTOCOL,
    429: Exit.TRY_LATER,
    503: Exit.TRY_LATER,
}


class Refusal(Failure):
    """A problem document. A command that can say more uses its code, `problem_code`, and its `errors` by field."""

    def __init__(self, document: dict[str, Any], retry_after: str | None) -> None:
        self.status = int(document["status"])
        self.problem_code = str(document.get("code", ""))
        self.errors: dict[str, list[str]] = document.get("errors") or {}
        super().__init__(_sentence(document, retry_after), CODES.get(self.status, Exit.SOFTWARE))


def _sentence(document: dict[str, Any], retry_after: str | None) -> str:
    """Return the messages of the fields, or else the detail; the server quotes no input in either."""
    errors = document.get("errors") or {}
    messages = [f"{field}: {' '.join(each)}" for field, each in errors.items()]
    wait = f" Try again in {retry_after} s." if retry_after and document["status"] in (429, 503) else ""
    text = " ".join(messages) or str(document.get("detail", document.get("title", "")))
    return printable(f"{text}{wait} ({document.get('code')}, request {document.get('request_id')})")
