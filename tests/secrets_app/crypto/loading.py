"""The frozen vectors, as the types that the package takes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from secrets_app.crypto import DataKeyCipher, Keyring, MasterKey, SecretContext

VECTORS = Path(__file__).parent / "vectors"


@dataclass(frozen=True)
class SealVector:
    cipher: DataKeyCipher
    context: SecretContext
    nonce: bytes
    plaintext: bytes
    blob: bytes
    why: str

    def __str__(self) -> str:
        return self.why or f"{self.context.field}-{self.context.version}-{len(self.plaintext)}"


@dataclass(frozen=True)
class WrapVector:
    keyring: Keyring
    kek_id: str
    dek_id: UUID
    owner: str
    nonce: bytes
    data_key: bytes
    wrapped: bytes
    why: str

    def __str__(self) -> str:
        return self.why or f"{self.kek_id}-{self.owner}"


def read(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


def seal_vectors(cases: list[dict[str, Any]]) -> list[SealVector]:
    return [
        SealVector(
            cipher=DataKeyCipher(UUID(case["dek_id"]), bytes.fromhex(case["key"])),
            context=SecretContext(case["field"], UUID(case["secret_id"]), case["owner"], case["version"]),
            nonce=bytes.fromhex(case["nonce"]),
            plaintext=bytes.fromhex(case["plaintext"]),
            blob=bytes.fromhex(case["blob"]),
            why=case.get("why", ""),
        )
        for case in cases
    ]


def wrap_vectors(cases: list[dict[str, Any]]) -> list[WrapVector]:
    return [
        WrapVector(
            keyring=Keyring([MasterKey(case["kek_id"], bytes.fromhex(case["kek"]))]),
            kek_id=case["kek_id"],
            dek_id=UUID(case["dek_id"]),
            owner=case["owner"],
            nonce=bytes.fromhex(case["nonce"]),
            data_key=bytes.fromhex(case["data_key"]),
            wrapped=bytes.fromhex(case["wrapped"]),
            why=case.get("why", ""),
        )
        for case in cases
    ]
