"""Thousands of tokens that are almost valid. The same seed gives the same ones again."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from random import Random
from string import ascii_letters, digits
from typing import Any
from uuid import UUID

from tests.neo_site.signin.forging import ABSENT, HASHES, PLAIN_HEADER, claims_of, signed, unsigned

ALPHABET = ascii_letters + digits + "-_"
# Claims without which, or with which in another form, no token of ours is good.
NEEDED = ["iss", "aud", "sub", "sid", "jti", "exp", "iat", "token_type"]
JUNK: list[Any] = [
    *(ABSENT, None, True, False, 0, 1, -1, 1.5, 10**30, 1e300, "", " ", "x", "\x00", "\ud800", "\u202e", "null", "0"),
    *(
        [],
        {},
        [None],
        [[]],
        {"$ne": None},
        {"": ""},
        "' OR 1=1 --",
        "../../etc/passwd",
        "%00",
        "\N{FULLWIDTH DIGIT ONE}",
    ),
]
ALGORITHMS = ["none", "None", "nOnE", "HS384", "HS512", "RS256", "ES256", "EdDSA", "PS256", "hs256", "HS256 ", "", "HS"]
EXTRA_HEADERS: dict[str, list[Any]] = {
    "kid": ["1", "../../dev/null", "", None, 0, [], "' UNION SELECT 'x"],
    "jku": ["https://attacker.example/keys", "file:///dev/null"],
    "jwk": [{"kty": "oct", "k": "AAAA"}, {}],
    "x5u": ["https://attacker.example/cert"],
    "x5c": [[], ["AAAA"]],
    "crit": [[], ["exp"], ["b64"], "exp", None],
    "b64": [True, None, 0],
    "zip": ["DEF"],
    "cty": ["JWT"],
    "enc": ["A256GCM"],
    "\x00": [0],
    "ALG": ["HS256"],
}
ODD_CHARACTERS = [
    *("=", "==", ".", "..", ",", ";", " ", "\t", "\n", "\r\n", "\x00", "\x7f", "/", "+", "%2e", "\\", '"', "'"),
    *("\u00e9", "\u200b", "\u202e", "\ufeff", "\N{FULLWIDTH LATIN SMALL LETTER E}", "\ud800", "\U0001f511", "\u0130"),
]
Mutation = Callable[[Random, str], str]


def mutants(seed: int, token: str, count: int) -> Iterator[tuple[str, str]]:
    """(what was done, the token): `count` of them, none of them the token itself, however a header would be read."""
    random, made = Random(seed), 0
    while made < count:
        mutation = MUTATIONS[made % len(MUTATIONS)]
        mutant = mutation(random, token)
        if mutant.lstrip(" ") != token:
            made += 1
            yield mutation.__name__, mutant


# Well signed, and still not what this service issues


def claim_replaced(random: Random, token: str) -> str:
    claims, name = claims_of(token), random.choice(NEEDED)
    junk = [value for value in JUNK if value != claims[name] and not _is_good(name, value)]
    return signed(_present(claims | {name: random.choice(junk)}))


def claim_retyped(random: Random, token: str) -> str:
    claims, name = claims_of(token), random.choice(NEEDED)
    value = claims[name]
    return signed(claims | {name: random.choice([[value], {"value": value}, _other_type(value), [value, value]])})


def claims_dropped(random: Random, token: str) -> str:
    claims = claims_of(token)
    return signed(_present(claims | dict.fromkeys(random.sample(NEEDED, random.randint(1, len(NEEDED))), ABSENT)))


def identity_of_another(random: Random, token: str) -> str:
    claims, name = claims_of(token), random.choice(["sid", "sub"])
    others = {"sid": str(UUID(int=random.getrandbits(128), version=4)), "sub": str(random.randint(10**6, 10**9))}
    return signed(claims | {name: others[name]})


def identity_respelled(random: Random, token: str) -> str:
    claims, name = claims_of(token), random.choice(["sid", "jti"])
    uuid = UUID(claims[name])
    forms = [
        uuid.hex,
        f"{{{uuid}}}",
        uuid.urn,
        f"{uuid}\n",
        f" {uuid}",
        str(uuid)[:-1],
        f"{uuid}0",
        uuid.int,
        uuid.hex[:8],
    ]
    return signed(claims | {name: random.choice(forms)})


def time_out_of_range(random: Random, token: str) -> str:
    claims = claims_of(token)
    now = claims["iat"]
    past, future = now - random.randint(10, 10**9), now + random.randint(60, 10**9)
    return signed(claims | random.choice([{"exp": past}, {"iat": future}, {"nbf": future}, {"exp": -past}]))


def token_type_of_another(random: Random, token: str) -> str:
    claims = claims_of(token)
    other = {"access": "refresh", "refresh": "access"}[claims["token_type"]]
    return signed(
        claims | {"token_type": random.choice([other, "task", "sliding", "Access", "REFRESH", f"{other}\x00"])}
    )


def header_member_replaced(random: Random, token: str) -> str:
    header = PLAIN_HEADER | {random.choice(["alg", "typ"]): random.choice([*JUNK, *ALGORITHMS, "jwt", "at+jwt"])}
    return signed(claims_of(token), header=_present(header))


def header_member_added(random: Random, token: str) -> str:
    names = random.sample(list(EXTRA_HEADERS), random.randint(1, 3))
    extra = {name: random.choice(EXTRA_HEADERS[name]) for name in names}
    return signed(claims_of(token), header={**PLAIN_HEADER, **extra})


def payload_of_another_form(random: Random, token: str) -> str:
    text = json.dumps(claims_of(token))
    forms: list[bytes] = [
        *(text.encode(name) for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig")),
        *(
            f"{text[:-1]}, {extra}}}".encode()
            for extra in ('"sub": "1"', '"exp": 9999999999', '"x": NaN', '"x": "\\u0000"')
        ),
        *(
            f"{text[:-1]}, {extra}}}".encode()
            for extra in ('"x": "\\ud800"', f'"x": {"9" * 40}', f'"x": {"[" * 99}{"]" * 99}')
        ),
        *(f"[{text}]".encode(), f"{text},".encode(), f"{text}{text}".encode(), text.replace('"', "'").encode()),
        *(text.encode() + b"\x00", text.encode() + b"\xff", b"[" * 2_000, b'{"a":' * 500, b"9" * 2_000, b'"text"', b""),
        *(f"/**/{text}".encode(), f"{text[:-1]},}}".encode(), text[:-1].encode(), b"null", b"true", b"{}", b"[]"),
    ]
    return signed(random.choice(forms))


# Not signed by us


def signed_with_another_key(random: Random, token: str) -> str:
    keys = ["", "secret", "\x00" * 32, "x" * 64, str(random.getrandbits(256)), "neo-secrets"]
    return signed(claims_of(token), key=random.choice(keys))


def signed_with_another_hash(random: Random, token: str) -> str:
    name = random.choice(["HS384", "HS512"])
    named = random.choice([name, "HS256"])
    return signed(claims_of(token), header={"alg": named, "typ": "JWT"}, hashed_with=name)


def not_signed(random: Random, token: str) -> str:
    header = {"alg": random.choice(ALGORITHMS), "typ": "JWT"}
    return unsigned(claims_of(token), header=header) + random.choice(["", "", "AAAA", token.rpartition(".")[2]])


def claims_under_an_old_signature(random: Random, token: str) -> str:
    header, _, signature = token.split(".")
    claims = claims_of(token) | {random.choice(NEEDED): random.choice(["1", 9_999_999_999, "access", "refresh", None])}
    return ".".join([header, signed(claims, hashed_with=random.choice(list(HASHES))).split(".")[1], signature])


def segments_mixed(random: Random, token: str) -> str:
    segments = token.split(".")
    return ".".join(random.choice([random.sample(segments, 3), random.choices(segments, k=random.randint(0, 6))]))


# Spelled in another way


def letter_changed(random: Random, token: str) -> str:
    place = random.randrange(len(token))
    return token[:place] + random.choice(ALPHABET) + token[place + 1 :]


def unused_bits_set(random: Random, token: str) -> str:
    # 256 bits of a signature leave two bits of its last letter without a meaning.
    order = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + order[order.index(token[-1]) + random.randint(1, 3)]


def base64_of_another_kind(random: Random, token: str) -> str:
    segments = token.split(".")
    place = random.randrange(3)
    raw = bytes(json.dumps(claims_of(token)).encode()) if place == 1 else bytes(random.randbytes(32))
    written = [
        urlsafe_b64encode(raw).decode(),
        b64encode(raw).decode(),
        raw.hex(),
        f"{segments[place]}=",
        f"{segments[place]}A",
    ]
    segments[place] = random.choice(written)
    return ".".join(segments)


def cut(random: Random, token: str) -> str:
    start, end = sorted(random.choices(range(len(token) + 1), k=2))
    return random.choice([token[:start], token[end:], token[start:end], token[:start] + token[end:]])


def grown(random: Random, token: str) -> str:
    return random.choice([token + "A" * random.randint(1, 9), token * 2, f"{token}.{token}", token + "x" * 5_000])


def odd_character_inserted(random: Random, token: str) -> str:
    place = random.randint(0, len(token))
    return token[:place] + random.choice(ODD_CHARACTERS) + token[place + random.randint(0, 2) :]


def noise(random: Random, token: str) -> str:
    return "".join(random.choices([*ALPHABET, *ODD_CHARACTERS, "."], k=random.randint(0, len(token))))


MUTATIONS: list[Mutation] = [
    *(claim_replaced, claim_retyped, claims_dropped, identity_of_another, identity_respelled, time_out_of_range),
    *(token_type_of_another, header_member_replaced, header_member_added, payload_of_another_form),
    *(signed_with_another_key, signed_with_another_hash, not_signed, claims_under_an_old_signature, segments_mixed),
    *(letter_changed, unused_bits_set, base64_of_another_kind, cut, grown, odd_character_inserted, noise),
]


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not ABSENT}


def _is_good(name: str, value: Any) -> bool:
    """Return whether the value is as good as the real one: a session may have any age."""
    return name == "iat" and type(value) is int and 0 <= value < 10**9


def _other_type(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value.encode().hex()
