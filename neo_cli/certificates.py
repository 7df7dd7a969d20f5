"""The certificate authorities that `neo` trusts: those in `SSL_CERT_FILE` and `SSL_CERT_DIR`, or the machine's."""

from __future__ import annotations

import os
import re
import ssl

from neo_cli.exits import Exit, Failure

FILE_VARIABLE, FOLDER_VARIABLE = "SSL_CERT_FILE", "SSL_CERT_DIR"
# OpenSSL finds a certificate in a folder by the hash of its subject.
HASHED_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def trusted_certificates() -> ssl.SSLContext:
    """Return a context with the trusted authorities, those of certifi if the machine has none.

    Raise Failure if a variable names a file or folder without certificates.
    """
    for variable in (FILE_VARIABLE, FOLDER_VARIABLE):
        if os.environ.get(variable) == "":
            # OpenSSL would trust nobody. Whoever sets a variable to nothing means that it is not set.
            del os.environ[variable]
    context = ssl.create_default_context()
    if path := os.environ.get(FILE_VARIABLE):
        _load(context, path)
    elif folders := os.environ.get(FOLDER_VARIABLE):
        _require_certificates(folders.split(os.pathsep))
    elif not _has_authorities():
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _load(context: ssl.SSLContext, path: str) -> None:
    """Load the file, although OpenSSL does so on its own, since that tells nobody about an error."""
    try:
        context.load_verify_locations(path)
    except ssl.SSLError:
        trouble = "has no certificate in PEM form"
    except OSError as error:
        trouble = f"cannot be read: {error.strerror}"
    else:
        return
    raise Failure(
        f"The file {path} in {FILE_VARIABLE} {trouble}. Set {FILE_VARIABLE} to a file with your certificate "
        "authority's certificate, or unset it.",
        Exit.CONFIGURATION,
    )


def _require_certificates(folders: list[str]) -> None:
    for folder in folders:
        try:
            if any(HASHED_NAME.fullmatch(name) for name in os.listdir(folder or ".")):
                return
        except OSError:
            continue
    raise Failure(
        f"{FOLDER_VARIABLE} names no folder with certificates under the hashes of their subjects: "
        f"{os.pathsep.join(folders)}. Run `openssl rehash` on the folder with your certificate authority's "
        f"certificate, or unset {FOLDER_VARIABLE}.",
        Exit.CONFIGURATION,
    )


def _has_authorities() -> bool:
    places = ssl.get_default_verify_paths()
    try:
        return bool(places.cafile) or bool(places.capath and os.listdir(places.capath))
    except OSError:
        return False
