"""The form of errors in this site's own views. The secrets API keeps its own form."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler as usual


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    answer = usual(exc, context)
    if answer is not None:
        answer.data = {"sorry": answer.data}
    return answer
