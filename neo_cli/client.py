"""HTTP client of one server: JSON in, JSON out; anything else raises a Failure that says what to do."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Protocol
from uuid import uuid4

import httpx

from neo_cli.certificates import trusted_certificates
from neo_cli.exits import Exit, Failure
from neo_cli.problems import Refusal
from neo_cli.proxies import proxy_for
from neo_cli.text import printable
from neo_cli.unreachable import NoAnswer, unreachable

TIMEOUT = httpx.Timeout(30, connect=10)
PAGE_SIZE = 500
# How long to wait before a request that makes something is sent again, and so how often.
RETRY_SECONDS = (0.5, 1.0, 2.0)
Json = dict[str, Any]


class TokenSource(Protocol):
    """The source of the bearer token in the Authorization header."""

    def token(self) -> str: ...

    def renew(self, transport: Transport) -> None:
        """Replace the token, after the server refused it. Raise Failure if there is no other."""
        ...


class Transport:
    """Requests to one server. Redirects are not followed, since the token would go to another server."""

    def __init__(self, url: str, seconds: float | None = None) -> None:
        self.url = url
        self._timeout = httpx.Timeout(seconds) if seconds else TIMEOUT
        is_tls = url.startswith("https:")
        # Over plain http, a proxy could read everything, so none is used. The bare SSLContext is never used; it saves
        # the 50 ms that httpx would take to load certificates.
        self._proxy = proxy_for(url) if is_tls else None
        self._http = httpx.Client(
            base_url=f"{url}/api/v1/",
            timeout=self._timeout,
            trust_env=False,
            proxy=self._proxy.url if self._proxy else None,
            verify=trusted_certificates() if is_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
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
        idempotency_key: str = "",
    ) -> Any:
        """Return the JSON of the response, or None if it has no body.

        `seconds` limits each network step (connect, write, read). Raise Refusal for a problem document, and Failure
        for any other failure.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        try:
            response = self._http.request(
                method, path, json=body, params=query, headers=headers, timeout=seconds or self._timeout
            )
        except httpx.TransportError as error:
            raise unreachable(self.url, self._proxy, error) from None
        except UnicodeEncodeError:
            raise Failure(
                "An argument or a variable is not text in the encoding of your locale, so nothing was sent. Set LC_ALL "
                "to a UTF-8 locale, such as C.UTF-8.",
                Exit.DATA,
            ) from None
        return self._content(response)

    def close(self) -> None:
        self._http.close()

    def _content(self, response: httpx.Response) -> Any:
        if response.is_success and not response.content:
            return None
        if response.is_redirect:
            target = printable(response.headers.get("Location", "another URL"))
            raise Failure(f"{self.url} redirects to {target}. If you trust it, pass it as --server.", Exit.PROTOCOL)
        try:
            content = response.json()
        except ValueError:
            content = None
        if response.is_success and isinstance(content, dict):
            return content
        if isinstance(content, dict) and "code" in content and isinstance(content.get("status"), int):
            raise Refusal(content, response.headers.get("Retry-After"))
        raise Failure(
            f"{self.url} answered with status {response.status_code}, but not like a Neo Secrets server. "
            "Check the server URL.",
            Exit.UNAVAILABLE if response.status_code >= 500 else Exit.PROTOCOL,
        )


class Client:
    """The API of one server, used by one user or machine."""

    def __init__(self, transport: Transport, token_source: TokenSource) -> None:
        self.transport = transport
        self.token_source = token_source

    @property
    def url(self) -> str:
        return self.transport.url

    def request(self, method: str, path: str, **parts: Any) -> Any:
        """Send the request with a token; if the server refuses the token, renew it and send once more.

        `parts`, the return value and the errors are those of `Transport.send`.
        """
        try:
            return self.transport.send(method, path, token=self.token_source.token(), **parts)
        except Refusal as refusal:
            if refusal.status != 401:
                raise
        self.token_source.renew(self.transport)
        try:
            return self.transport.send(method, path, token=self.token_source.token(), **parts)
        except Refusal as refusal:
            if refusal.status != 401:
                raise
            # Logging in again would give such a token, too.
            raise Failure(
                f"{self.url} refused a token that it had just made. Ask its operator whether the clocks of its "
                f"machines agree. {refusal.message}",
                Exit.REFUSED,
            ) from None

    def get(self, path: str, **query: Any) -> Any:
        return self.request("GET", path, query=query)

    def post(self, path: str, body: Json | None = None, *, seconds: float | None = None) -> Any:
        return self.request("POST", path, body=body, seconds=seconds)

    def make(self, path: str, body: Json) -> Any:
        """Make something by POST, once: where the answer is 503 or is lost, the same request is sent again.

        The server knows it by its key. Raise Refusal with `already_made` if it was carried out and shows a token.
        """
        key = uuid4().hex
        for seconds in RETRY_SECONDS:
            try:
                return self.request("POST", path, body=body, idempotency_key=key)
            except NoAnswer:
                time.sleep(seconds)
            except Refusal as refusal:
                if refusal.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    raise
                time.sleep(seconds)
        return self.request("POST", path, body=body, idempotency_key=key)

    def patch(self, path: str, body: Json) -> Any:
        return self.request("PATCH", path, body=body)

    def delete(self, path: str, *, seconds: float | None = None) -> None:
        self.request("DELETE", path, seconds=seconds)

    def list_all(self, path: str, **query: Any) -> Iterator[Json]:
        """Yield every row of a list. Costs one request for each `PAGE_SIZE` rows."""
        offset = 0
        while True:
            page = self.get(path, **query, limit=PAGE_SIZE, offset=offset)
            yield from page["results"]
            offset += PAGE_SIZE
            if page["next"] is None:
                return
