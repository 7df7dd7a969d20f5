"""Which secrets a task sees, whose they are, and why or why not. A pure rule: no database, no policy, no value.

- A task sees the default-available secrets of its owners, those that it selects and those that it remembers. A task of
  a project has two owners: the project, and the grantor with their personal secrets. Any other has the grantor alone.
- A name means one secret. In a project's task it means the project's, unless the task asks for `personal:NAME`, or
  remembers the name as a personal one and does not ask for it otherwise.
- Expiry does not change what a name means: an expired secret is left out, and nothing takes its place.
- A secret in quarantine means nothing: it is neither given nor in the way of another. One that a task has made does not
  stand in the way of a person's either, until a person promotes it.
- What is left out is listed with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from secrets_app.models.task_grant import Omission, OwnerKind, Reason

PERSONAL_PREFIX = "personal:"


class SelectedName(NamedTuple):
    """A name that a task asks for."""

    name: str
    personal: bool = False
    """Whether it insists on the personal secret of this name."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """`NAME` or `personal:NAME`."""
        name = text.removeprefix(PERSONAL_PREFIX)
        return cls(name, name != text)

    def __str__(self) -> str:
        return PERSONAL_PREFIX * self.personal + self.name


class Remembered(NamedTuple):
    """A name that a thread has selected before, and whose secret it was then."""

    owner_kind: OwnerKind
    name: str


@dataclass(frozen=True)
class Candidate:
    """What the rule needs to know of a secret that the task may see."""

    secret_id: UUID
    name: str
    owner_kind: OwnerKind
    version: int = 1
    default_available: bool = False
    expires_at: datetime | None = None
    is_quarantined: bool = False
    is_unpromoted: bool = False
    """Made by a task, and not promoted by a person."""
    is_maskable: bool = False


class Given(NamedTuple):
    secret: Candidate
    reason: Reason


class Omitted(NamedTuple):
    secret: Candidate
    reason: Omission


@dataclass(frozen=True)
class Selection:
    given: list[Given]
    """By name, each once."""
    omitted: list[Omitted]
    """By name and owner."""
    unknown: list[SelectedName]
    """In the order in which they were asked for."""


@dataclass(frozen=True)
class SelectionRequest:
    """What a task would like to see."""

    selected: Collection[SelectedName] = ()
    remembered: Collection[Remembered] = ()
    include_default: bool = True

    def reason_for(self, secret: Candidate) -> Reason | None:
        """Why the task would see `secret`, None if it has no reason to."""
        plain, insisting = SelectedName(secret.name), SelectedName(secret.name, personal=True)
        if plain in self.selected or (secret.owner_kind is OwnerKind.PERSONAL and insisting in self.selected):
            return Reason.SELECTED
        if self.include_default and secret.default_available:
            return Reason.DEFAULT
        return Reason.REMEMBERED if Remembered(secret.owner_kind, secret.name) in self.remembered else None

    def insists_on_personal(self, name: str) -> bool:
        if SelectedName(name, personal=True) in self.selected:
            return True
        is_otherwise_known = (
            SelectedName(name) in self.selected or Remembered(OwnerKind.PROJECT, name) in self.remembered
        )
        return Remembered(OwnerKind.PERSONAL, name) in self.remembered and not is_otherwise_known


def select(candidates: Iterable[Candidate], request: SelectionRequest, *, now: datetime) -> Selection:
    """What a task with this request sees of its candidates: all secrets of its owners. Linear but for sorting."""
    request = SelectionRequest(dict.fromkeys(request.selected), frozenset(request.remembered), request.include_default)
    by_name: defaultdict[str, dict[OwnerKind, Candidate]] = defaultdict(dict)
    for candidate in candidates:
        by_name[candidate.name][candidate.owner_kind] = candidate
    outcomes = [outcome for name in sorted(by_name) for outcome in _outcomes(by_name[name], request, now)]
    return Selection(
        given=[outcome for outcome in outcomes if isinstance(outcome, Given)],
        omitted=[outcome for outcome in outcomes if isinstance(outcome, Omitted)],
        unknown=[selected for selected in request.selected if not _is_known(selected, by_name.get(selected.name, {}))],
    )


def _is_known(selected: SelectedName, namesakes: Mapping[OwnerKind, Candidate]) -> bool:
    return OwnerKind.PERSONAL in namesakes if selected.personal else bool(namesakes)


def _outcomes(
    namesakes: Mapping[OwnerKind, Candidate], request: SelectionRequest, now: datetime
) -> Iterator[Given | Omitted]:
    """What becomes of the one or two secrets of a name; personal before project."""
    reasons = {kind: request.reason_for(secret) for kind, secret in namesakes.items()}
    meant = _meant(namesakes, request)
    is_wanted = any(reasons[secret.owner_kind] for secret in namesakes.values() if not secret.is_quarantined)
    for kind in sorted(namesakes):
        secret, reason = namesakes[kind], reasons[kind]
        if secret.is_quarantined:
            if reason is not None:
                yield Omitted(secret, Omission.QUARANTINED)
        elif secret is not meant:
            if is_wanted:
                yield Omitted(secret, Omission.SHADOWED)
        elif reason is not None:
            is_past = secret.expires_at is not None and secret.expires_at <= now
            yield Omitted(secret, Omission.EXPIRED) if is_past else Given(secret, reason)


def _meant(namesakes: Mapping[OwnerKind, Candidate], request: SelectionRequest) -> Candidate | None:
    """The secret that the name of `namesakes` means in this task."""
    live = {kind: secret for kind, secret in namesakes.items() if not secret.is_quarantined}
    personal, shared = live.get(OwnerKind.PERSONAL), live.get(OwnerKind.PROJECT)
    if personal is None or shared is None:
        return shared or personal
    is_in_the_way = shared.is_unpromoted and not personal.is_unpromoted
    return personal if is_in_the_way or request.insists_on_personal(personal.name) else shared
