"""Sentences for requests that got no answer: what could not be reached, and what to do."""

from __future__ import annotations

import ssl

import httpx

from neo_cli.exits import Exit, Failure
from neo_cli.proxies import Proxy
from neo_cli.text import printable


class NoAnswer(Failure):
    """The connection ended before the answer: nobody here knows whether the server did what was asked."""


def unreachable(url: str, proxy: Proxy | None, error: httpx.TransportError) -> Failure:
    """Return the failure for a request to the server at `url` that got no answer; it blames the proxy if it is that."""
    cause = _root_cause(error)
    if isinstance(cause, ssl.SSLError):
        return _no_tls(url, proxy, cause)
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else _reason(error)
    if proxy and isinstance(error, httpx.ProxyError):
        text = f"The proxy {proxy} did not connect neo to {url}: {reason}. {proxy.remedy}"
    elif proxy and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        text = f"The proxy {proxy} cannot be reached: {reason}. {proxy.remedy}"
    elif isinstance(error, httpx.TimeoutException):
        text = f"{url} did not answer in time{_through(proxy)}. Try again later."
    else:
        text = f"{url} cannot be reached{_through(proxy)}: {reason}. Check the URL, and that the server is running."
    was_sent = isinstance(error, httpx.ReadError | httpx.WriteError | httpx.RemoteProtocolError)
    return (NoAnswer if was_sent else Failure)(text, Exit.UNAVAILABLE)


def _no_tls(url: str, proxy: Proxy | None, error: ssl.SSLError) -> Failure:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure(
            f"The certificate of {url}{_through(proxy)} is not trusted: {error.verify_message}. If you run your own "
            "certificate authority, set SSL_CERT_FILE to its certificate.",
            Exit.UNAVAILABLE,
        )
    return Failure(
        f"{url} does not speak TLS{_through(proxy)}. Check the port; if the server uses plain http, write http://.",
        Exit.UNAVAILABLE,
    )


def _through(proxy: Proxy | None) -> str:
    return f" through the proxy {proxy} in {proxy.origin}" if proxy else ""


def _reason(error: httpx.TransportError) -> str:
    """Return why, if no operating system says so: what a proxy answered, or the kind of the error."""
    if isinstance(error, httpx.ProxyError):
        return printable(str(error))
    return "it took too long" if isinstance(error, httpx.TimeoutException) else type(error).__name__


def _root_cause(error: BaseException) -> BaseException:
    """Return the exception at the start of the chain that led to `error`."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
