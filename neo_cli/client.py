"""HTTP to one server: JSON in, JSON out, everything else a Failure that says what to do."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any, Protocol

import httpx

from neo_cli.exits import Exit, Failure
from neo_cli.problems import Refusal
from neo_cli.text import printable

TIMEOUT = httpx.Timeout(30, connect=10)
PAGE = 500
Json = dict[str, Any]


class Authority(Protocol):
    """What stands in the Authorization header."""

    def token(self) -> str: ...

    def renew(self, transport: Transport) -> None:
        """See that `token` gives another one, as the present one was refused. Raises Failure where there is none."""
        ...


class Transport:
    """Requests to one server. A redirect is not followed: it would take the credentials along."""

    def __init__(self, address: str) -> None:
        self.address = address
        is_tls = address.startswith("https:")
        # Without TLS no proxy from the environment: it would read along. An unused context would take 50 ms to fill.
        self._http = httpx.Client(
            base_url=f"{address}/api/v1/",
            timeout=TIMEOUT,
            trust_env=is_tls,
            verify=_trusted() if is_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            headers={"User-Agent": "neo", "Accept": "application/json"},
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        body: Json | None = None,
        query: Json | None = None,
        seconds: float | None = None,
    ) -> Any:
        """The answer's JSON, or None where it has no body. Raises Refusal for a problem, Failure for anything else.

        Waits `seconds` at most for each step, where given.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = self._http.request(
                method, path, json=body, params=query, headers=headers, timeout=seconds or TIMEOUT
            )
        except httpx.TransportError as error:
            raise self._unreachable(error) from None
        return self._content(answer)

    def close(self) -> None:
        self._http.close()

    def _content(self, answer: httpx.Response) -> Any:
        if answer.is_success and not answer.content:
            return None
        if answer.is_redirect:
            target = printable(answer.headers.get("Location", "another address"))
            raise Failure(f"{self.address} sends on to {target}. Name that server, if it is yours.", Exit.PROTOCOL)
        try:
            content = answer.json()
        except ValueError:
            content = None
        if answer.is_success and isinstance(content, dict):
            return content
        if isinstance(content, dict) and "code" in content and isinstance(content.get("status"), int):
            raise Refusal(content, answer.headers.get("Retry-After"))
        raise Failure(
            f"{self.address} answered {answer.status_code} and not as Neo Secrets does. Is this the right address?",
            Exit.UNAVAILABLE if answer.status_code >= 500 else Exit.PROTOCOL,
        )

    def _unreachable(self, error: httpx.TransportError) -> Failure:
        cause = _root(error)
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Failure(
                f"The certificate of {self.address} is not trusted: {cause.verify_message}. If its authority is your "
                "own, name that in SSL_CERT_FILE.",
                Exit.UNAVAILABLE,
            )
        if isinstance(cause, ssl.SSLError):
            return Failure(f"{self.address} does not speak TLS. Is it the right port?", Exit.UNAVAILABLE)
        if isinstance(error, httpx.TimeoutException):
            return Failure(f"{self.address} did not answer in time. Try again later.", Exit.UNAVAILABLE)
        reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else type(error).__name__
        return Failure(f"{self.address} cannot be reached: {reason}. Is the server running there?", Exit.UNAVAILABLE)


class Client:
    """The API of one server as one user or machine."""

    def __init__(self, transport: Transport, authority: Authority) -> None:
        self.transport = transport
        self.authority = authority

    @property
    def address(self) -> str:
        return self.transport.address

    def request(self, method: str, path: str, **parts: Any) -> Any:
        """As `Transport.send`, signed; once more where the token had to be renewed."""
        try:
            return self.transport.send(method, path, token=self.authority.token(), **parts)
        except Refusal as refusal:
            if refusal.status != 401:
                raise
        self.authority.renew(self.transport)
        return self.transport.send(method, path, token=self.authority.token(), **parts)

    def get(self, path: str, **query: Any) -> Any:
        return self.request("GET", path, query=query)

    def post(self, path: str, body: Json | None = None) -> Any:
        return self.request("POST", path, body=body)

    def patch(self, path: str, body: Json) -> Any:
        return self.request("PATCH", path, body=body)

    def delete(self, path: str, *, seconds: float | None = None) -> None:
        self.request("DELETE", path, seconds=seconds)

    def listed(self, path: str, **query: Any) -> Iterator[Json]:
        """Every row of a list, a page at a time."""
        offset = 0
        while True:
            page = self.get(path, **query, limit=PAGE, offset=offset)
            yield from page["results"]
            offset += PAGE
            if page["next"] is None:
                return


def _trusted() -> ssl.SSLContext:
    """The authorities that this machine trusts, and certifi's where it lists none."""
    context = ssl.create_default_context()
    places = ssl.get_default_verify_paths()
    if not places.cafile and not places.capath:
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _root(error: BaseException) -> BaseException:
    """What was raised first."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
