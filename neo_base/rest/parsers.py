"""Strict parsers: they refuse what the standards leave to implementations, instead of guessing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO, Any, Never
from urllib.parse import parse_qsl

from django.utils.http import parse_header_parameters
from rest_framework.exceptions import UnsupportedMediaType, ValidationError
from rest_framework.parsers import BaseParser

from neo_base.rest.errors import BodyTooLarge

MAX_DEPTH = 32
MAX_NUMBER_CHARACTERS = 32
# What PostgreSQL's text cannot hold (NUL) and what UTF-8 cannot encode (lone surrogates).
FORBIDDEN_CHARACTERS = re.compile("[\x00\ud800-\udfff]")


class InvalidBody(ValidationError):
    """400: the body is not an acceptable JSON object. Messages are constant and quote nothing of the body."""

    def __init__(self, message: str) -> None:
        super().__init__({"body": [message]})


class StrictJSONParser(BaseParser):
    """A parser of one JSON object of at most `view.max_body_bytes` bytes.

    Raises InvalidBody (400), UnsupportedMediaType (415) or BodyTooLarge (413).
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        return parse_object(_read(stream, media_type or self.media_type, parser_context))


class StrictFormParser(BaseParser):
    """A parser of a form of texts, where a standard has clients send one. Raises as the parser of JSON does."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        raw = _read(stream, media_type or self.media_type, parser_context)
        try:
            pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, strict_parsing=bool(raw), errors="strict")
        except ValueError:
            raise InvalidBody("The body is not a form in UTF-8.") from None
        form = _object(pairs)
        _check_tree(form)
        return form


def parse_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in `raw`, which is UTF-8. Raises InvalidBody for anything else."""
    try:
        data = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except UnicodeDecodeError:
        raise InvalidBody("The body is not valid UTF-8.") from None
    except RecursionError:
        raise InvalidBody(f"Nest at most {MAX_DEPTH} levels.") from None
    except ValueError:
        raise InvalidBody("The body is not valid JSON.") from None
    if not isinstance(data, dict):
        raise InvalidBody("The body must be a JSON object.")
    _check_tree(data)
    return data


def _read(stream: IO[Any], media_type: str, parser_context: Mapping[str, Any] | None) -> bytes:
    _require_utf8(media_type)
    limit = (parser_context or {})["view"].max_body_bytes
    raw: bytes = stream.read(limit + 1)
    if len(raw) > limit:
        raise BodyTooLarge()
    return raw


def _require_utf8(media_type: str) -> None:
    _, parameters = parse_header_parameters(media_type)
    charset = str(parameters.get("charset", "utf-8"))
    if charset.strip("\"'").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(media_type)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise InvalidBody("An object has the same key twice. Give each key once.")
    return result


def _refuse_constant(_name: str) -> Never:
    raise InvalidBody("NaN and Infinity are not JSON. Send a number or null.")


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise InvalidBody(f"A number is too long. Use at most {MAX_NUMBER_CHARACTERS} characters.")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if len(text) > MAX_NUMBER_CHARACTERS or number in (float("inf"), float("-inf")):
        raise InvalidBody("A number is too long or too large.")
    return number


def _check_tree(root: dict[str, Any]) -> None:
    """Check the tree's depth and the characters of its strings and keys, by level, so that depth costs no stack."""
    level: list[Any] = [root]
    for _ in range(MAX_DEPTH):
        children: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                children.extend(node.keys())
                children.extend(node.values())
            else:
                children.extend(node)
        for text in children:
            if isinstance(text, str) and FORBIDDEN_CHARACTERS.search(text):
                raise InvalidBody("A string holds NUL or a lone surrogate.")
        level = [node for node in children if isinstance(node, dict | list)]
    if level:
        raise InvalidBody(f"Nest at most {MAX_DEPTH} levels.")
