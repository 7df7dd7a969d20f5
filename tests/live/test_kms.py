"""A site whose master keys are wrapped by AWS KMS, here moto: it starts and serves, logs no key, and refuses to start
without the service."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from secrets_app.crypto import AwsKms, rewritten_key_lines
from tests.kms import A_KEY, Kms
from tests.live.databases import new_database
from tests.live.site import Site
from tests.live.test_refusals import WSGI, one_sentence, refusal

pytestmark = pytest.mark.once

VALUE = "a-value-that-is-sealed-0123456789"


@pytest.fixture(scope="module")
def kms() -> Iterator[Kms]:
    running = Kms()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def site(kms: Kms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Running, and as talkative as it can be."""
    talkative = {"NEO_LOG_LEVEL": "DEBUG", "NEO_KMS_KEY": kms.new_key()}
    site = Site(tmp_path_factory.mktemp("kms") / "data", **kms.environment, **talkative, **new_database())
    site.prepare()
    site.start()
    yield site
    assert site.stop() == 0


def test_it_serves(site: Site) -> None:
    assert httpx.get(f"{site.url}/readyz").json()["keyring"] is True
    with site.client("member") as member:
        assert member.post("/api/v1/secrets", json={"name": "TOKEN", "value": VALUE}).status_code == 201
        assert member.get("/api/v1/secrets").json()["results"][0]["is_readable"] is True


def test_nothing_that_it_wrote_holds_the_key(site: Site, kms: Kms, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in kms.environment.items():
        monkeypatch.setenv(name, value)
    path = site.directory / "master.keys"
    (line,) = rewritten_key_lines(path, AwsKms(site.environment["NEO_KMS_KEY"]), None)
    encoded = line.split(":")[1]
    written = [file.read_bytes() for file in [site.output, *site.directory.rglob("*")] if file.is_file()]
    assert b"botocore" in site.output.read_bytes(), "it is not as talkative as this test means it to be"
    spellings = [encoded.encode(), base64.b64decode(encoded), base64.b64decode(encoded).hex().encode()]
    assert not [spelling for spelling in spellings if any(spelling in content for content in written)]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:1"}, "AWS KMS does not answer"),
        ({"NEO_KMS_KEY": A_KEY}, "AWS KMS has no such key"),
        ({"NEO_KMS_KEY": ""}, "is wrapped by a key service"),
        ({"NEO_KMS_KEY": "alias/neo"}, "NEO_KMS_KEY: The reference to a key service is not valid"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "AWS KMS needs valid credentials"),
    ],
)
def test_it_refuses_to_start_without(site: Site, variables: dict[str, str], said: str) -> None:
    quiet = {"NEO_LOG_LEVEL": "WARNING"}
    assert said in one_sentence(refusal(WSGI, site.environment | quiet | variables))


def test_the_file_alone_is_worth_nothing_to_another_account(site: Site, kms: Kms, tmp_path: Path) -> None:
    stolen = site.environment | {"NEO_LOG_LEVEL": "WARNING", "NEO_KMS_KEY": kms.new_key()}
    assert "AWS KMS" in one_sentence(refusal(WSGI, stolen))
