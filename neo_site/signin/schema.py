from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class SessionTokenScheme(OpenApiAuthenticationExtension):
    """The name of SessionTokenAuthentication in the OpenAPI document."""

    target_class = "neo_site.signin.authentication.SessionTokenAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Use this one. `access` from the answer of `POST /api/v1/auth/token`. It lasts minutes; "
            "`POST /api/v1/auth/token/refresh` gives the next one.",
        }


class IdentityProviderScheme(OpenApiAuthenticationExtension):
    """The name of IdentityProviderAuthentication in the OpenAPI document."""

    target_class = "neo_site.signin.identity_provider.IdentityProviderAuthentication"
    name = "identityProvider"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of the identity provider that the site accepts.",
        }
