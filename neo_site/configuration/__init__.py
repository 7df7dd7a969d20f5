"""Reading and refusing settings; the rules behind `settings.py`.

Messages name the variable and the fix, never a value.
"""

from neo_site.configuration.caches import CACHES, REDIS_CACHE, cache, rate
from neo_site.configuration.databases import database
from neo_site.configuration.hosts import allowed_hosts, networks, proxy_tls_header
from neo_site.configuration.identity import OWN_ISSUER, IdentityProvider, admin_second_factor, identity_provider
from neo_site.configuration.key_service import kms_key
from neo_site.configuration.languages import languages
from neo_site.configuration.logs import log_format, log_level, logging_config
from neo_site.configuration.mail import email, invitation_url
from neo_site.configuration.metrics import metrics_token
from neo_site.configuration.profiles import debug, is_development
from neo_site.configuration.projects import team_role
from neo_site.configuration.readers import names, switch, whole_number
from neo_site.configuration.server import Server, server, static_root
from neo_site.configuration.signing_keys import KeyReader
from neo_site.configuration.tracing import otel_endpoint

__all__ = [
    "CACHES",
    "OWN_ISSUER",
    "REDIS_CACHE",
    "IdentityProvider",
    "KeyReader",
    "Server",
    "admin_second_factor",
    "allowed_hosts",
    "cache",
    "database",
    "debug",
    "email",
    "identity_provider",
    "invitation_url",
    "is_development",
    "kms_key",
    "languages",
    "log_format",
    "log_level",
    "logging_config",
    "metrics_token",
    "names",
    "networks",
    "otel_endpoint",
    "proxy_tls_header",
    "rate",
    "server",
    "static_root",
    "switch",
    "team_role",
    "whole_number",
]
