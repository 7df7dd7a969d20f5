"""Reading and refusing settings; the rules behind `settings.py`.

Messages name the variable and the fix, never a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.throttling.rates import Rate

MIN_KEY_BYTES = 32
PROFILES = ("production", "development")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
ON = ("true", "yes", "on", "1")
OFF = ("false", "no", "off", "0")
SQLITE = "django.db.backends.sqlite3"
REDIS_CACHE = "django.core.cache.backends.redis.RedisCache"
CACHES = {
    "locmemcache": "django.core.cache.backends.locmem.LocMemCache",
    "dbcache": "neo_site.throttling.caches.DatabaseCache",
    "redis": REDIS_CACHE,
    "rediss": REDIS_CACHE,
}
# A server that does not answer must not hold up each request.
REDIS_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 1}
# The issuer of this site's own tokens.
OWN_ISSUER = "neo-secrets"
PROVIDER_ALGORITHMS = ("RS256", "ES256", "EdDSA")
USER_FIELDS = ("username", "email")
SMTP_MAIL = "django.core.mail.backends.smtp.EmailBackend"
CONSOLE_MAIL = "django.core.mail.backends.console.EmailBackend"
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
SMTP_SCHEMES = ("smtp", "smtp+tls", "smtp+ssl")
# The others show tokens to whoever reads the process's output.
MAIL_SCHEMES = (*SMTP_SCHEMES, "consolemail")
TEAM_ROLES = ("viewer", "member")


def whole_number(env: FileAwareEnv, name: str, *, default: int) -> int:
    text = str(env.str(name, default="")).strip()
    if text and not re.fullmatch(r"[0-9]{1,9}", text):
        raise ImproperlyConfigured(f"{name} must be a whole number.")
    return int(text) if text else default


def switch(env: FileAwareEnv, name: str, *, default: bool) -> bool:
    """A setting that is on or off. A mistyped word is refused: it would silently mean off."""
    text = str(env.str(name, default="")).strip().lower()
    if text not in ("", *ON, *OFF):
        raise ImproperlyConfigured(f"{name} must be true or false.")
    return text in ON if text else default


def names(env: FileAwareEnv, name: str, *, default: list[str]) -> list[str]:
    """A comma-separated list, spaces and line ends around its entries dropped."""
    return [entry.strip() for entry in env.list(name, default=default) if entry.strip()]


def log_level(env: FileAwareEnv) -> str:
    level = str(env.str("NEO_LOG_LEVEL", default="INFO")).strip().upper()
    if level not in LOG_LEVELS:
        raise ImproperlyConfigured(f"NEO_LOG_LEVEL must be one of: {', '.join(LOG_LEVELS)}.")
    return level


def is_development(profile: str) -> bool:
    if profile not in PROFILES:
        raise ImproperlyConfigured(f"NEO_PROFILE must be one of: {', '.join(PROFILES)}.")
    return profile == "development"


class KeyReader:
    """Reads signing keys from the environment or, in development, from the files that `make run` has made."""

    def __init__(self, env: FileAwareEnv, data_dir: Path, *, development: bool) -> None:
        self._env = env
        self._data_dir = data_dir
        self._development = development

    def read(self, name: str, *, file: str) -> str:
        """The key called `name`; raises ImproperlyConfigured when it is missing, short or a known default."""
        key = str(self._env.str(name, default="")).strip() or self._from_file(file)
        fix = f"Set {name}, or {name}_FILE to the path of a file, to at least {MIN_KEY_BYTES} random bytes."
        if not key:
            raise ImproperlyConfigured(f"{name} is not set. {fix}")
        if len(key.encode()) < MIN_KEY_BYTES or len(set(key)) < 10:
            raise ImproperlyConfigured(f"{name} is too short or too simple. {fix}")
        if key.startswith("django-insecure-"):
            raise ImproperlyConfigured(f"{name} is one of Django's generated insecure defaults. {fix}")
        return key

    def require_distinct(self, **keys: str) -> None:
        if len(set(keys.values())) != len(keys):
            raise ImproperlyConfigured(f"{' and '.join(keys)} must differ from one another.")

    def _from_file(self, file: str) -> str:
        path = self._data_dir / file
        return path.read_text().strip() if self._development and path.is_file() else ""


def debug(env: FileAwareEnv, *, development: bool) -> bool:
    wanted = switch(env, "NEO_DEBUG", default=False)
    if wanted and not development:
        raise ImproperlyConfigured("NEO_DEBUG is refused in the production profile: its error pages show internals.")
    return wanted


def allowed_hosts(env: FileAwareEnv, *, development: bool) -> list[str]:
    default = ["127.0.0.1", "localhost", "[::1]"] if development else []
    hosts = names(env, "NEO_ALLOWED_HOSTS", default=default)
    if not hosts:
        raise ImproperlyConfigured("NEO_ALLOWED_HOSTS is not set. List the host names that this site answers to.")
    if "*" in hosts:
        raise ImproperlyConfigured("NEO_ALLOWED_HOSTS must name hosts; '*' lets anyone forge the host of links.")
    return hosts


def proxy_tls_header(env: FileAwareEnv) -> tuple[str, str] | None:
    header = str(env.str("NEO_PROXY_TLS_HEADER", default=""))
    return (f"HTTP_{header.upper().replace('-', '_')}", "https") if header else None


@dataclass(frozen=True)
class IdentityProvider:
    """Who signs tokens for this site's users besides the site itself, and how a token names a user."""

    jwks_url: str
    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    user_claim: str
    user_field: str


def identity_provider(env: FileAwareEnv, *, development: bool) -> IdentityProvider | None:
    """The provider that the variables describe, None when none of them is set; half a provider is refused."""
    needed = {
        "NEO_OIDC_JWKS_URL": _text(env, "NEO_OIDC_JWKS_URL"),
        "NEO_OIDC_ISSUER": _text(env, "NEO_OIDC_ISSUER"),
        "NEO_OIDC_AUDIENCE": _text(env, "NEO_OIDC_AUDIENCE"),
    }
    algorithms = tuple(names(env, "NEO_OIDC_ALGORITHMS", default=[]))
    claim, field = _text(env, "NEO_OIDC_USER_CLAIM"), _text(env, "NEO_OIDC_USER_FIELD")
    if not any([*needed.values(), algorithms, claim, field]):
        return None
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise ImproperlyConfigured(f"{' and '.join(missing)} must be set too: an identity provider needs all three.")
    url, issuer, audience = needed.values()
    _check_jwks_url(url, development=development)
    if issuer == OWN_ISSUER:
        raise ImproperlyConfigured("NEO_OIDC_ISSUER is the issuer of this site's own tokens. Name the provider's.")
    if not set(algorithms) <= set(PROVIDER_ALGORITHMS):
        raise ImproperlyConfigured(f"NEO_OIDC_ALGORITHMS must be of: {', '.join(PROVIDER_ALGORITHMS)}.")
    if field and field not in USER_FIELDS:
        raise ImproperlyConfigured(f"NEO_OIDC_USER_FIELD must be one of: {', '.join(USER_FIELDS)}.")
    if field == "email" and claim != "email":
        raise ImproperlyConfigured(
            "NEO_OIDC_USER_FIELD=email needs NEO_OIDC_USER_CLAIM=email: no other claim is said to be verified."
        )
    return IdentityProvider(url, issuer, audience, algorithms or ("RS256",), claim or "sub", field or "username")


def _text(env: FileAwareEnv, name: str) -> str:
    return str(env.str(name, default="")).strip()


def _check_jwks_url(url: str, *, development: bool) -> None:
    """Keys that anybody on the way can replace protect nothing, so production takes HTTPS only."""
    schemes = ("https", "http") if development else ("https",)
    try:
        parts = urlsplit(url)
        sound = parts.scheme in schemes and parts.hostname and parts.port != 0 and re.fullmatch(r"[!-~]+", url)
    except ValueError:
        sound = False
    if not sound or "@" in url or "#" in url:
        raise ImproperlyConfigured(f"NEO_OIDC_JWKS_URL must be an {' or '.join(schemes)} address without a password.")


def admin_second_factor(env: FileAwareEnv) -> bool:
    wanted = switch(env, "NEO_ADMIN_OTP", default=False)
    if wanted and find_spec("django_otp") is None:
        raise ImproperlyConfigured(
            "NEO_ADMIN_OTP needs the package django-otp. Install requirements-otp.txt, or turn the setting off."
        )
    return wanted


def database(env: FileAwareEnv, data_dir: Path) -> dict[str, Any]:
    """DATABASE_URL as Django's dictionary, with what makes each engine safe under several writers."""
    url = str(env.str("DATABASE_URL", default=""))
    # Asked before environ reads it: a scheme that it does not know would be printed with the password.
    if url and not url.startswith(("postgres://", "postgresql://", "sqlite:///")):
        raise ImproperlyConfigured("DATABASE_URL must begin with postgres:// or sqlite:///.")
    try:
        config = dict(env.db_url("DATABASE_URL", default=f"sqlite:///{data_dir / 'db.sqlite3'}"))
    except (ValueError, KeyError):
        # From None: the message may quote a part of the password.
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read. Percent-encode what is special in its user name and password."
        ) from None
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"] == SQLITE:
        _tune_sqlite(options)
    else:
        _tune_postgresql(config, options, env)
    return config


def _tune_sqlite(options: dict[str, Any]) -> None:
    # WAL lets readers go on beside a writer. IMMEDIATE takes the write lock at BEGIN, where waiting works: a
    # transaction that reads first and writes later fails at once with "database is locked". secure_delete overwrites
    # what a deletion frees, wrapped data keys among it.
    options.setdefault("transaction_mode", "IMMEDIATE")
    options.setdefault("timeout", 20)
    options.setdefault(
        "init_command",
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA busy_timeout=20000;",
    )


def _tune_postgresql(config: dict[str, Any], options: dict[str, Any], env: FileAwareEnv) -> None:
    # A new connection costs more than any request does, so each thread keeps its own.
    config["CONN_MAX_AGE"] = None
    config["CONN_HEALTH_CHECKS"] = True
    statement_ms = whole_number(env, "NEO_STATEMENT_TIMEOUT_MS", default=4_000)
    lock_ms = whole_number(env, "NEO_LOCK_TIMEOUT_MS", default=3_000)
    options.setdefault("connect_timeout", 3)
    options.setdefault("tcp_user_timeout", 4_000)
    options.setdefault(
        "options",
        f"-c statement_timeout={statement_ms} -c lock_timeout={lock_ms} -c idle_in_transaction_session_timeout=15000",
    )


def cache(env: FileAwareEnv, *, development: bool) -> dict[str, Any]:
    """CACHE_URL as Django's dictionary: what counts requests and failed sign-ins."""
    default = "locmemcache://" if development else "dbcache://"
    url = str(env.str("CACHE_URL", default="")).strip() or default
    # Asked before environ reads it, which would print a scheme that it does not know with the password.
    backend = CACHES.get(url.partition(":")[0])
    if backend is None or "://" not in url:
        raise ImproperlyConfigured("CACHE_URL must begin with redis://, rediss:// or be dbcache:// or locmemcache://.")
    if backend != REDIS_CACHE:
        if url.partition("://")[2]:
            raise ImproperlyConfigured("CACHE_URL takes nothing after dbcache:// or locmemcache://.")
        # More entries than this and memory's oldest go, counts among them.
        return {"BACKEND": backend, "OPTIONS": {"MAX_ENTRIES": 100_000}}
    return {"BACKEND": backend, "LOCATION": _redis_address(url), "KEY_PREFIX": "neo", "OPTIONS": dict(REDIS_OPTIONS)}


def _redis_address(url: str) -> str:
    """`url` when it names one server; the reasons against it never quote it, as it may hold a password."""
    try:
        parts = urlsplit(url)
        is_one_server = bool(parts.hostname) and "," not in parts.netloc and parts.port != 0
    except ValueError:
        is_one_server = False
    if not is_one_server or not re.fullmatch(r"(/[0-9]*)?", parts.path) or parts.query or parts.fragment:
        raise ImproperlyConfigured(
            "CACHE_URL cannot be read: it takes redis://USER:PASSWORD@HOST:PORT/NUMBER, one server and no parameters. "
            "Percent-encode what is special in its user name and password."
        )
    return url


def rate(env: FileAwareEnv, name: str, *, default: str) -> Rate | None:
    """How many in how long; None when it is off."""
    text = str(env.str(name, default="")).strip().lower() or default
    if text in OFF:
        return None
    try:
        return Rate.parse(text)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be a number above zero and a period, such as 600/min; sec, min, hour or day. Or off."
        ) from None


def networks(env: FileAwareEnv, name: str) -> list[IPv4Network | IPv6Network]:
    try:
        found = [ip_network(entry) for entry in names(env, name, default=[])]
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must list addresses or networks, such as 10.0.0.1 or 10.0.0.0/24; no bits beyond the prefix."
        ) from None
    if any(network.prefixlen == 0 for network in found):
        raise ImproperlyConfigured(f"{name} must name the proxies; a network of every address trusts every client.")
    return found


def email(env: FileAwareEnv, *, development: bool) -> dict[str, Any]:
    """Django's settings for NEO_EMAIL_URL. Without it development prints mails and production sends none."""
    url, sender = _text(env, "NEO_EMAIL_URL"), _text(env, "NEO_EMAIL_FROM")
    if not url:
        return {"EMAIL_BACKEND": CONSOLE_MAIL if development else NO_MAIL}
    schemes = MAIL_SCHEMES if development else SMTP_SCHEMES
    try:
        config = dict(env.email_url_config(url))
        sound = urlsplit(url).scheme in schemes and not config.pop("OPTIONS", {})
    except (ValueError, ImproperlyConfigured):
        sound = False
    if not sound or (config["EMAIL_BACKEND"] == SMTP_MAIL and not config["EMAIL_HOST"]):
        # From None: the message may quote a part of the password.
        raise ImproperlyConfigured(
            f"NEO_EMAIL_URL must be SCHEME://USER:PASSWORD@HOST:PORT with one of: {', '.join(schemes)}. "
            "Percent-encode what is special in its user name and password."
        ) from None
    if not re.fullmatch(r"[^\r\n]+@[^\r\n]+", sender):
        raise ImproperlyConfigured("NEO_EMAIL_FROM must be the address that this site's mail comes from.")
    # A mail server that does not answer must not hold up a request for long.
    return {**config, "DEFAULT_FROM_EMAIL": sender, "EMAIL_TIMEOUT": 5}


def invitation_url(env: FileAwareEnv, *, development: bool) -> str:
    """An address whose fragment takes the token: browsers do not send it, so that no log has it."""
    url = _text(env, "NEO_INVITATION_URL")
    schemes = ("https", "http") if development else ("https",)
    before, _, fragment = url.partition("#")
    if url and (before.partition("://")[0] not in schemes or fragment.count("{token}") != 1 or "{token}" in before):
        raise ImproperlyConfigured(
            f"NEO_INVITATION_URL must be an address with {' or '.join(schemes)} and {{token}} behind a #."
        )
    return url


def team_role(env: FileAwareEnv) -> str | None:
    role = _text(env, "NEO_TEAM_ROLE").lower()
    if role not in ("", *TEAM_ROLES):
        raise ImproperlyConfigured(f"NEO_TEAM_ROLE must be one of: {', '.join(TEAM_ROLES)}; or empty.")
    return role or None


def logging_config(level: str) -> dict[str, Any]:
    """JSON lines on standard error. Tracebacks are places in the code, without messages: those may quote a value."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "neo_site.error_reports.JSONFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # These quote a request's path or Host header, which can hold anything that a client typed. What fails on
            # our side is logged by neo_rest.
            "django.request": {"level": "CRITICAL"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }
