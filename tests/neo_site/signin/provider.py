"""An identity provider on the loopback interface: real keys, served as a JWK set, and tokens that they have signed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from neo_site.configuration.identity import IdentityProvider

ISSUER = "https://id.example.com/realms/staff"
AUDIENCE = "neo-secrets-api"
ALGORITHMS = ("RS256", "ES256", "EdDSA")
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@cache
def private_key(name: str, bits: int = 2048) -> Any:
    """Return the key of this name, made once; the name begins with the algorithm."""
    makers: dict[str, Callable[[], PrivateKey]] = {
        "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=bits),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
    }
    return makers[name.split("-")[0]]()


def public_jwk(name: str, **members: Any) -> dict[str, Any]:
    """Return the public half of the key as a member of a JWK set, with its name as id."""
    public = private_key(name).public_key()
    writers: dict[str, Callable[..., Any]] = {
        "RS256": RSAAlgorithm.to_jwk,
        "ES256": ECAlgorithm.to_jwk,
        "ES384": ECAlgorithm.to_jwk,
        "EdDSA": OKPAlgorithm.to_jwk,
    }
    written = dict(writers[name.split("-")[0]](public, as_dict=True))
    written.pop("key_ops", None)
    return {**written, "kid": name, "use": "sig", **members}


def key_set_of(*names: str) -> bytes:
    return json.dumps({"keys": [public_jwk(name) for name in names]}).encode()


def claims_for(username: str, **claims: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": username, "iat": now, "exp": now + 300} | claims


def issued(claims: dict[str, Any], *, key: str = "RS256", **header: Any) -> str:
    """Return a token of `claims`, signed with the key of this name."""
    return jwt.encode(claims, private_key(key), key.split("-")[0], headers={"typ": "JWT", "kid": key, **header})


class Provider:
    """A server of `body` with `status`, `chunk` bytes at a time with `pause` seconds before each."""

    def __init__(self) -> None:
        self.body, self.status, self.chunk, self.pause = key_set_of(*ALGORITHMS), 200, 2**20, 0.0
        self.headers: dict[str, str] = {}
        self.asked = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                # The client may have given up.
                with suppress(OSError):
                    provider.answer(self)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/keys"
        Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body, pieces = self.body, range(0, len(self.body), self.chunk)
        handler.send_response(self.status)
        for name, value in {"Content-Length": str(len(body)), **self.headers}.items():
            handler.send_header(name, value)
        time.sleep(self.pause)
        handler.end_headers()
        for start in pieces:
            handler.wfile.write(body[start : start + self.chunk])
            time.sleep(self.pause)

    def settings(self, **changes: Any) -> IdentityProvider:
        described = {
            "jwks_url": self.url,
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "algorithms": ALGORITHMS,
            "user_claim": "sub",
            "user_field": "username",
        }
        return IdentityProvider(**described | changes)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
