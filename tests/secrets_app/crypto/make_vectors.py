"""Compute the known-answer vectors from the formats alone, without the package under test.

Run once; the files in `vectors/` are frozen, so this never writes over one. A new format gets new files.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VECTORS = Path(__file__).parent / "vectors"

Case = dict[str, Any]

DEK_ID = UUID("6f1d2c3b-4a59-4687-9786-a5b4c3d2e1f0")
OTHER_DEK_ID = UUID("00000000-0000-4000-8000-000000000001")
SECRET_ID = UUID("0190a1b2-c3d4-4e5f-8a6b-7c8d9eafb0c1")
OTHER_SECRET_ID = UUID("0190a1b2-c3d4-4e5f-8a6b-7c8d9eafb0c2")
PROJECT = "project:7b0c0d1e-2f30-4152-a364-758697a8b9ca"


def fixed(label: str, length: int) -> bytes:
    return hashlib.sha256(label.encode()).digest()[:length]


def framed(*parts: bytes) -> bytes:
    out = struct.pack(">I", len(parts))
    for part in parts:
        out += struct.pack(">I", len(part)) + part
    return out


def sealed(key: bytes, header: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    return header + nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


# One description of a blob: everything that goes into it, each replaceable for an invalid case.
SEAL: Case = {
    "key": fixed("data key", 32),
    "dek_id": DEK_ID,
    "field": "value",
    "secret_id": SECRET_ID,
    "owner": "user:7",
    "version": 1,
    "nonce": fixed("seal nonce", 12),
    "plaintext": b"the plaintext of a secret",
}
WRAP: Case = {
    "kek": fixed("master key", 32),
    "kek_id": "2024-01",
    "dek_id": DEK_ID,
    "owner": PROJECT,
    "nonce": fixed("wrap nonce", 12),
    "data_key": fixed("data key", 32),
}


def blob(case: Case, *, magic: bytes = b"S\x01", aad: bytes | None = None) -> bytes:
    header = magic + case["dek_id"].bytes
    bound = framed(
        header,
        b"secret",
        case["field"].encode("utf-8"),
        case["secret_id"].bytes,
        case["owner"].encode("utf-8"),
        struct.pack(">Q", case["version"]),
    )
    return sealed(case["key"], header, case["nonce"], case["plaintext"], bound if aad is None else aad)


def committed_blob(case: Case, *, key: bytes | None = None) -> bytes:
    """Return a blob of version 2. `key` is the one that it commits to, if that is another."""
    commitment = HKDF(SHA256(), 32, None, b"neo-secrets/commitment/v1").derive(case["key"] if key is None else key)
    header = b"S\x02" + case["dek_id"].bytes + commitment
    bound = framed(
        header,
        b"secret",
        case["field"].encode("utf-8"),
        case["secret_id"].bytes,
        case["owner"].encode("utf-8"),
        struct.pack(">Q", case["version"]),
    )
    return sealed(case["key"], header, case["nonce"], case["plaintext"], bound)


def wrapped(case: Case, *, magic: bytes = b"K\x01", aad: bytes | None = None) -> bytes:
    header = magic + case["dek_id"].bytes
    dek, owner, kek_id = case["dek_id"].bytes, case["owner"].encode("utf-8"), case["kek_id"].encode("utf-8")
    bound = framed(header, b"dek", dek, owner, kek_id)
    return sealed(case["kek"], header, case["nonce"], case["data_key"], bound if aad is None else aad)


def flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def seal_variants() -> list[Case]:
    variants: list[Case] = [
        {},
        {"field": "mask", "plaintext": b"the...ret"},
        {"owner": PROJECT, "version": 2**64 - 1},
        {"plaintext": b"", "version": 0},
        {"plaintext": bytes(range(256)), "nonce": bytes(12)},
        {"owner": "user:\u00e9\U0001f511", "plaintext": "\u00e9\U0001f511\r\n".encode()},
    ]
    return [SEAL | variant for variant in variants]


def seal_cases() -> list[Case]:
    return [case | {"blob": blob(case)} for case in seal_variants()]


def committed_cases() -> list[Case]:
    return [case | {"blob": committed_blob(case)} for case in seal_variants()]


def wrap_cases() -> list[Case]:
    variants: list[Case] = [
        {},
        {"owner": "user:7", "dek_id": OTHER_DEK_ID},
        {"kek_id": "a" * 64, "kek": fixed("second master key", 32)},
    ]
    cases = [WRAP | variant for variant in variants]
    return [case | {"wrapped": wrapped(case)} for case in cases]


def check_value_cases() -> list[Case]:
    cases = []
    for kek_id, label in (("2024-01", "master key"), ("k", "second master key")):
        kek = fixed(label, 32)
        subkeys = {
            purpose: HKDF(SHA256(), 32, None, f"neo-secrets/{purpose}/v1".encode()).derive(kek)
            for purpose in ("canary", "audit")
        }
        mac = hmac.new(subkeys["canary"], framed(b"canary", kek_id.encode()), hashlib.sha256).digest()
        cases.append({"kek": kek, "kek_id": kek_id, "subkeys": subkeys, "check_value": b"C\x01" + mac})
    return cases


def invalid_blobs() -> dict[str, bytes]:
    good = blob(SEAL)
    text_aad = f"value{SECRET_ID}user:71".encode()
    return {
        "empty": b"",
        "one byte short of an empty message": good[:45],
        "header, nonce and a stranger's tag": good[:30] + bytes(16),
        "last byte missing": good[:-1],
        "a byte behind the tag": good + b"\x00",
        "a byte before the magic": b"\x00" + good,
        "a bit flipped in the magic": flipped(good, 0),
        "a bit flipped in the data key id": flipped(good, 2),
        "a bit flipped in the nonce": flipped(good, 18),
        "a bit flipped in the ciphertext": flipped(good, 30),
        "a bit flipped in the tag": flipped(good, -1),
        "version 0, correctly sealed": blob(SEAL, magic=b"S\x00"),
        "version 2, correctly sealed": blob(SEAL, magic=b"S\x02"),
        "the magic of a wrapped key, correctly sealed": blob(SEAL, magic=b"K\x01"),
        "sealed under another key": blob(SEAL | {"key": fixed("other", 32)}),
        "another data key id, correctly sealed": blob(SEAL | {"dek_id": OTHER_DEK_ID}),
        "our data key id written over another": good[:2] + DEK_ID.bytes + blob(SEAL | {"dek_id": OTHER_DEK_ID})[18:],
        "sealed for another secret": blob(SEAL | {"secret_id": OTHER_SECRET_ID}),
        "sealed for another field": blob(SEAL | {"field": "mask"}),
        "sealed for another owner": blob(SEAL | {"owner": "user:8"}),
        "sealed for an owner that begins alike": blob(SEAL | {"owner": "user:70"}),
        "sealed for another version": blob(SEAL | {"version": 2}),
        "a letter moved from the field to the owner": blob(SEAL | {"field": "valu", "owner": "euser:7"}),
        "no associated data": blob(SEAL, aad=b""),
        "associated data joined as text": blob(SEAL, aad=text_aad),
        "nonce in front of the header": good[18:30] + good[:18] + good[30:],
        "base64 instead of bytes": b"UwFvHSw7Slk=" * 8,
    }


def invalid_committed_blobs() -> dict[str, bytes]:
    good, plain = committed_blob(SEAL), blob(SEAL)
    return {
        "one byte short of an empty message": good[:77],
        "last byte missing": good[:-1],
        "a byte behind the tag": good + b"\x00",
        "a bit flipped in the commitment": flipped(good, 18),
        "a bit flipped at the end of the commitment": flipped(good, 49),
        "a bit flipped in the nonce": flipped(good, 50),
        "a bit flipped in the tag": flipped(good, -1),
        "version 1 written over it": b"S\x01" + good[2:],
        "the commitment cut out": good[:18] + good[50:],
        "the commitment cut out, version 1": b"S\x01" + good[2:18] + good[50:],
        "a commitment written into version 1": b"S\x02" + plain[2:18] + good[18:50] + plain[18:],
        "a commitment to another key": committed_blob(SEAL, key=fixed("other", 32)),
        "sealed under another key": committed_blob(SEAL | {"key": fixed("other", 32)}),
        "another data key id, correctly sealed": committed_blob(SEAL | {"dek_id": OTHER_DEK_ID}),
        "sealed for another secret": committed_blob(SEAL | {"secret_id": OTHER_SECRET_ID}),
        "sealed for another field": committed_blob(SEAL | {"field": "mask"}),
        "sealed for another owner": committed_blob(SEAL | {"owner": "user:8"}),
        "sealed for another version": committed_blob(SEAL | {"version": 2}),
    }


def invalid_wraps() -> dict[str, bytes]:
    good = wrapped(WRAP)
    other_dek = wrapped(WRAP | {"dek_id": OTHER_DEK_ID})
    return {
        "empty": b"",
        "last byte missing": good[:-1],
        "a byte behind the tag": good + b"\x00",
        "a bit flipped in the magic": flipped(good, 0),
        "a bit flipped in the data key id": flipped(good, 17),
        "a bit flipped in the nonce": flipped(good, 29),
        "a bit flipped in the ciphertext": flipped(good, 45),
        "a bit flipped in the tag": flipped(good, -16),
        "version 2, correctly wrapped": wrapped(WRAP, magic=b"K\x02"),
        "the magic of a blob, correctly wrapped": wrapped(WRAP, magic=b"S\x01"),
        "wrapped under another master key": wrapped(WRAP | {"kek": fixed("other", 32)}),
        "wrapped under the same bytes with another id": wrapped(WRAP | {"kek_id": "2024-02"}),
        "another data key id, correctly wrapped": other_dek,
        "our data key id written over another": good[:18] + other_dek[18:],
        "wrapped for another owner": wrapped(WRAP | {"owner": "user:7"}),
        "a letter moved from the owner to the master key id": wrapped(
            WRAP | {"owner": PROJECT[:-1], "kek_id": PROJECT[-1] + "2024-01"}
        ),
        "no associated data": wrapped(WRAP, aad=b""),
        "a data key of 16 bytes, correctly wrapped": wrapped(WRAP | {"data_key": bytes(range(16))}),
        "a data key of 33 bytes, correctly wrapped": wrapped(WRAP | {"data_key": bytes(range(33))}),
    }


def invalid_cases() -> Case:
    return {
        "seal": [SEAL | {"why": why, "blob": data} for why, data in invalid_blobs().items()],
        "wrap": [WRAP | {"why": why, "wrapped": data} for why, data in invalid_wraps().items()],
    }


def as_json(cases: Any) -> str:
    return json.dumps(cases, indent=1, default=lambda it: it.hex() if isinstance(it, bytes) else str(it)) + "\n"


def all_vectors() -> dict[str, str]:
    cases = {
        "seal": seal_cases(),
        "wrap": wrap_cases(),
        "check_value": check_value_cases(),
        "invalid": invalid_cases(),
        "seal2": committed_cases(),
        "invalid2": {"seal": [SEAL | {"why": why, "blob": each} for why, each in invalid_committed_blobs().items()]},
    }
    return {f"{name}.json": as_json(content) for name, content in cases.items()}


def main() -> None:
    for name, content in all_vectors().items():
        if (VECTORS / name).exists():
            continue
        with (VECTORS / name).open("x") as file:
            file.write(content)


if __name__ == "__main__":
    main()
