"""Stand-ins for AWS KMS, over HTTP on the loopback interface: moto's, which encrypts, and one that only refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import boto3
import botocore.session
from moto.server import ThreadedMotoServer

# Each session would look through the descriptions of all services of AWS again, which takes most of its time.
botocore.session.create_loader = cache(botocore.session.create_loader)

REGION = "eu-central-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
    "AWS_SECRET_ACCESS_KEY": "not-a-real-one",
    # Nothing of the machine that the tests run on.
    "AWS_CONFIG_FILE": "/nowhere",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
    "AWS_EC2_METADATA_DISABLED": "true",
}
A_KEY = f"arn:aws:kms:{REGION}:123456789012:key/6b0a5e0c-0000-4000-8000-000000000000"


def environment(url: str) -> dict[str, str]:
    """What boto3 reads of the environment, to find the stand-in."""
    return CREDENTIALS | {"AWS_ENDPOINT_URL_KMS": url}


class Kms:
    """moto's KMS, and what an administrator of it does."""

    def __init__(self) -> None:
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.environment = environment(f"http://{host}:{port}")
        self._client: Any = boto3.session.Session().client(
            "kms",
            region_name=REGION,
            endpoint_url=self.environment["AWS_ENDPOINT_URL_KMS"],
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def new_key(self) -> str:
        """Its ARN."""
        return str(self._client.create_key()["KeyMetadata"]["Arn"])

    def stop(self) -> None:
        self._server.stop()


@contextmanager
def refusing(status: int, code: str) -> Iterator[dict[str, str]]:
    """One that answers every call as AWS KMS refuses it, with this code; yields its environment."""

    class Refusal(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps({"__type": code, "message": "as its documentation says"}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name is the library's)
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusal)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield environment(f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
