"""The address that takes the traces."""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import text


def otel_endpoint(env: FileAwareEnv) -> str:
    """Return the address that takes OTLP over HTTP, or an empty string where nothing is traced."""
    url = text(env, "NEO_OTEL_ENDPOINT")
    if not url:
        return ""
    if not _is_plain(url):
        raise ImproperlyConfigured(
            "NEO_OTEL_ENDPOINT must be an http or https address such as http://127.0.0.1:4318/v1/traces, without user, "
            "query and fragment; credentials go into OTEL_EXPORTER_OTLP_HEADERS."
        )
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.instrumentation") is None:
        raise ImproperlyConfigured(
            "NEO_OTEL_ENDPOINT needs requirements-otel.txt: pip install -r requirements-otel.txt."
        )
    return url


def _is_plain(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return has_host and parts.scheme in ("http", "https") and not (parts.query or parts.fragment or "@" in parts.netloc)
