"""Readers of other tools' exports by their documented formats: `SOURCES` by name.

| source | made with |
| --- | --- |
| `json`, `yaml` | one object of names and values |
| `infisical` | `infisical export --format=json` |
| `doppler` | `doppler secrets download --no-file --format json`, `doppler secrets --json` |
| `vault` | `vault kv get -format=json PATH`, of either version; OpenBao's `bao kv get`, too |
| `1password` | `op item get ITEM --format json --reveal` |
| `aws` | `aws secretsmanager get-secret-value` or `batch-get-secret-value`, or the JSON of a secret itself |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from neo_cli.imports.documents import Document, Pairs, items, mapping, parse_json, parse_yaml
from neo_cli.imports.variables import Variable, listed, refused
from neo_cli.text import note

# Doppler adds these to each export; they say where the secrets come from.
DOPPLERS_OWN = ("DOPPLER_PROJECT", "DOPPLER_ENVIRONMENT", "DOPPLER_CONFIG")


def _json(text: str) -> list[Variable]:
    document = parse_json(text)
    return document.variables(document.tree)


def _yaml(text: str) -> list[Variable]:
    document = parse_yaml(text)
    return document.variables(document.tree)


def _infisical(text: str) -> list[Variable]:
    document = parse_json(text)
    pairs = Pairs((str(each["key"]), each.get("value")) for each in items(document.tree) if "key" in each)
    if not pairs:
        raise _unlike("infisical export --format=json")
    return document.variables(pairs)


def _doppler(text: str) -> list[Variable]:
    document = parse_json(text)
    if not isinstance(document.tree, Pairs):
        raise _unlike("doppler secrets download --no-file --format json")
    pairs = Pairs((name, mapping(value).get("computed", value)) for name, value in document.tree)
    own = [name for name, _ in pairs if name in DOPPLERS_OWN]
    if own:
        note(f"Left out what Doppler adds: {listed(own)}.")
    return document.variables(Pairs((name, value) for name, value in pairs if name not in DOPPLERS_OWN))


def _vault(text: str) -> list[Variable]:
    document = parse_json(text)
    data = mapping(document.tree).get("data")
    versioned = mapping(data)
    if "metadata" in versioned and "data" in versioned:
        data = versioned["data"]
        if data is None:
            raise refused("Vault shows no data: this version of the secret is deleted. Choose another with -version.")
    if not isinstance(data, Pairs):
        raise _unlike("vault kv get -format=json PATH")
    return document.variables(data)


def _1password(text: str) -> list[Variable]:
    document = parse_json(text)
    fields = [each for each in items(mapping(document.tree).get("fields")) if each.get("value")]
    if not fields:
        raise _unlike("op item get ITEM --format json --reveal")
    return document.variables(Pairs((str(each.get("label") or each.get("id")), each["value"]) for each in fields))


def _aws(text: str) -> list[Variable]:
    document = parse_json(text)
    answer = mapping(document.tree)
    if answer.get("NextToken") or answer.get("Errors"):
        note("The answer of AWS is not complete: it has errors, or more pages. What it has is imported.")
    secrets = list(items(answer["SecretValues"])) if "SecretValues" in answer else [answer]
    if not any("ARN" in each for each in secrets):
        return document.variables(document.tree)
    return [variable for each in secrets for variable in _aws_secret(document, each)]


def _aws_secret(document: Document, secret: Mapping[str, Any]) -> list[Variable]:
    """Return the members of a secret that is a JSON object, or else the secret itself under its name."""
    name, text = str(secret.get("Name")), secret.get("SecretString")
    if not isinstance(text, str):
        raise refused(f"{name} has no SecretString. Store binary secrets one by one: neo secrets set NAME --file PATH.")
    if text.lstrip().startswith("{"):
        inner = parse_json(text)
        return Document("", inner.tree).variables(inner.tree, where=name)
    return document.variables(Pairs([(name, text)]))


def _unlike(command: str) -> Exception:
    return refused(f"The file is not what this source exports. Make it with `{command}`.")


SOURCES: Mapping[str, Callable[[str], list[Variable]]] = {
    "json": _json,
    "yaml": _yaml,
    "infisical": _infisical,
    "doppler": _doppler,
    "vault": _vault,
    "1password": _1password,
    "aws": _aws,
}
