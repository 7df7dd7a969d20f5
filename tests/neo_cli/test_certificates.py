"""The variables for certificate authorities: a wrong one is named before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from neo_cli.certificates import trusted_certificates
from neo_cli.exits import Exit, Failure
from tests.neo_cli.tls import self_signed


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


def refusal() -> str:
    with pytest.raises(Failure) as refused:
        trusted_certificates()
    assert refused.value.code == Exit.CONFIGURATION
    return refused.value.message


def test_file_that_is_missing_or_no_certificate_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "authority.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    assert refusal().startswith(f"The file {path} in SSL_CERT_FILE cannot be read: No such file or directory.")
    path.write_text("hi")
    assert refusal().startswith(f"The file {path} in SSL_CERT_FILE has no certificate in PEM form.")


def test_file_with_a_certificate_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(self_signed(tmp_path)))
    assert trusted_certificates().cert_store_stats()["x509"] >= 1


def test_folder_without_hashed_names_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_DIR", f"/does/not/exist:{tmp_path}")
    message = refusal()
    assert f"/does/not/exist:{tmp_path}" in message
    assert "openssl rehash" in message
    (tmp_path / "certificate.pem").rename(tmp_path / "0a1b2c3d.0")
    trusted_certificates()


def test_empty_variables_count_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "")
    monkeypatch.setenv("SSL_CERT_DIR", "")
    trusted_certificates()
