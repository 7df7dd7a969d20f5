"""Granted sets: the secrets that a grant gives, stored once for all grants and audit events that name the same ones."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple, Self
from uuid import UUID

import orjson
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

OmittedJSON = Mapping[str, Any]
JSONContent = Sequence[Sequence[Any]]
"""What `Content` holds, as JSON: the members of each `Granted` as a list, with the id as text, and what is omitted."""


class Damaged(ValueError):
    """The stored content is not what its digest was made of, or is malformed."""


class Granted(NamedTuple):
    """A secret in a grant. Its name stays when the secret is deleted, so that the task gets an error."""

    secret_id: UUID | None
    """None in an answer if the secret has been deleted."""
    name: str
    owner_kind: str
    version: int
    reason: str
    is_maskable: bool
    """Whether the value of the grant is long enough to be found in what a task prints."""


class Content(NamedTuple):
    """What a granted set holds."""

    given: Sequence[Granted]
    """Sorted by name; each name occurs once."""
    omitted: Sequence[OmittedJSON]
    """Names that the task does not see, and why."""

    def encoded(self) -> bytes:
        """Return the content as JSON, the same bytes for the same content: the digest is made of them.

        `orjson` is ten times as fast as `json`, and writes the same as long as all of it is ASCII, as names are.
        """
        held = [[tuple(each) for each in self.given], self.omitted]
        encoded = orjson.dumps(held, option=orjson.OPT_SORT_KEYS)
        if encoded.isascii():
            return encoded
        return json.dumps(held, default=str, sort_keys=True, separators=(",", ":")).encode()

    @property
    def digest(self) -> bytes:
        """Return the SHA-256 of the encoded content, by which its granted set is found."""
        return sha256(self.encoded()).digest()

    @classmethod
    def of_json(cls, held: JSONContent) -> Self:
        """Return the content that `encoded` wrote as this JSON."""
        given, omitted = held
        return cls([Granted(UUID(secret_id), *rest) for secret_id, *rest in given], omitted)

    @property
    def ids(self) -> list[UUID]:
        """Return the ids of the given secrets."""
        return [each.secret_id for each in self.given if each.secret_id is not None]

    @property
    def pairs(self) -> list[dict[str, Any]]:
        """Return the id, name and version of each given secret, as audit events show them."""
        return [{"id": str(each.secret_id), "name": each.name, "version": each.version} for each in self.given]


class GrantedSet(models.Model):
    """The secrets of one or many grants, by their digest. A row never changes.

    Compressed, because ids and names of the same few kinds shrink to a third.
    """

    digest = models.BinaryField(help_text="SHA-256 of the content before it was compressed.")
    content = models.BinaryField()

    stored_bytes = 0
    """What storing it took; 0 for one that was there."""

    class Meta:
        verbose_name = _("granted set")
        verbose_name_plural = _("granted sets")
        constraints = [models.UniqueConstraint(fields=["digest"], name="secrets_granted_set_digest")]

    def __str__(self) -> str:
        return self.hexdigest[:12]

    @classmethod
    def of(cls, content: Content) -> Self:
        """Return a new row, not saved, that holds `content`."""
        encoded = content.encoded()
        return cls(digest=sha256(encoded).digest(), content=zlib.compress(encoded))

    @property
    def hexdigest(self) -> str:
        """Return the digest as audit events write it."""
        return bytes(self.digest).hex()

    @cached_property
    def held(self) -> Content:
        """The content, read once. Raises Damaged if it is not what the digest was made of."""
        try:
            return Content.of_json(self.held_json)
        except (ValueError, TypeError):
            pass
        raise Damaged

    @cached_property
    def held_json(self) -> JSONContent:
        """The content as JSON, which is read faster. Raises Damaged if it is not what the digest was made of."""
        try:
            encoded = zlib.decompress(bytes(self.content))
            if sha256(encoded).digest() == bytes(self.digest):
                held: JSONContent = orjson.loads(encoded)
                return held
        except (zlib.error, ValueError, TypeError):
            pass
        raise Damaged


class SetMember(models.Model):
    """Index from a secret to the granted sets that give it.

    It proves nothing by itself: `audit verify` compares it with the sets.
    """

    pk = models.CompositePrimaryKey("secret_id", "granted_set_id")
    secret_id = models.UUIDField()
    granted_set_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("member of a granted set")
        verbose_name_plural = _("members of granted sets")

    def __str__(self) -> str:
        return f"{self.secret_id} in {self.granted_set_id}"
