"""The rule that decides which secrets a task sees, and why. It reads no database, asks no policy and sees no value.

- A task sees the default-available secrets of its owners, the secrets that it selects, and the secrets that its thread
  remembers. A task in a project has two owners: the project and the grantor. Any other task has only the grantor.
- If both owners have a secret of the same name, the task gets one of them: the project's. It gets the personal one if
  it selects `personal:NAME`, or if its thread remembers only the personal one and the task does not select `NAME`.
- An expired secret is omitted, and the other owner's secret of the same name does not replace it.
- A secret that an agent made is in quarantine and omitted, and the other owner's secret of the same name is used.
- A secret that is in quarantine for its risky name is never given because it is default-available. A task that selects
  or remembers it gets it.
- Nor does a project's secret that needs a promotion take precedence over a personal secret that needs none.
- Each omitted secret is listed with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, Self
from uuid import UUID

from secrets_app.models.secret import QuarantineReason
from secrets_app.models.task_grant import Omission, OwnerKind, Reason

PERSONAL_PREFIX = "personal:"


class SelectedName(NamedTuple):
    """A name that a task selects."""

    name: str
    personal: bool = False
    """Whether only the personal secret of this name is meant."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `NAME` or `personal:NAME`."""
        name = text.removeprefix(PERSONAL_PREFIX)
        return cls(name, name != text)

    def __str__(self) -> str:
        return PERSONAL_PREFIX * self.personal + self.name


class Remembered(NamedTuple):
    """A name that a thread selected before, and the kind of owner that its secret had then."""

    owner_kind: OwnerKind
    name: str


class Candidate(NamedTuple):
    """A secret that the task could see, as far as the rule needs to know it."""

    secret_id: UUID
    name: str
    owner_kind: OwnerKind
    version: int = 1
    default_available: bool = False
    expires_at: datetime | None = None
    quarantine_reason: str = ""
    is_maskable: bool = False
    is_unpromoted: bool = False
    """In quarantine, or created by a task on a site without quarantine, and not promoted by a person."""


class Given(NamedTuple):
    """A secret that the task gets, and why."""

    secret: Candidate
    reason: Reason


class Omitted(NamedTuple):
    """A secret that the task does not get, and why."""

    secret: Candidate
    reason: Omission


@dataclass(frozen=True)
class Selection:
    """The outcome of the rule for one task."""

    given: list[Given]
    """Sorted by name; each name occurs once."""
    omitted: list[Omitted]
    """Sorted by name and owner."""
    unknown: list[SelectedName]
    """Selected names that no candidate has, in the order of the selection."""


@dataclass(frozen=True)
class SelectionRequest:
    """What a task asks for: the names that it selects, those that its thread remembers, and the default ones."""

    selected: Collection[SelectedName] = ()
    remembered: Collection[Remembered] = ()
    include_default: bool = True

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that are selected as `NAME`."""
        return frozenset(selected.name for selected in self.selected if not selected.personal)

    @cached_property
    def personal_names(self) -> frozenset[str]:
        """The names that are selected as `personal:NAME`."""
        return frozenset(selected.name for selected in self.selected if selected.personal)

    def reason_for(self, secret: Candidate) -> Reason | None:
        """Return why the task would see `secret`, or None if there is no reason."""
        if secret.name in self.names:
            return Reason.SELECTED
        if secret.owner_kind is OwnerKind.PERSONAL and secret.name in self.personal_names:
            return Reason.SELECTED
        if self.include_default and secret.default_available and not secret.quarantine_reason:
            return Reason.DEFAULT
        return Reason.REMEMBERED if (secret.owner_kind, secret.name) in self.remembered else None

    def omission_of(self, secret: Candidate) -> Omission | None:
        """Return why quarantine keeps `secret`, which the task would otherwise see, from it; None if it does not."""
        if secret.quarantine_reason == "":
            return None
        is_by_default = self.include_default and secret.default_available
        is_asked_for = self.reason_for(secret) is not None
        match secret.quarantine_reason:
            case QuarantineReason.AGENT if is_asked_for or is_by_default:
                return Omission.QUARANTINED
            case QuarantineReason.RISKY_NAME if is_by_default and not is_asked_for:
                return Omission.RISKY_NAME
        return None

    def prefers_personal(self, name: str) -> bool:
        """Return whether the name means the personal secret, if both owners have one of this name."""
        if name in self.personal_names:
            return True
        is_otherwise_known = name in self.names or Remembered(OwnerKind.PROJECT, name) in self.remembered
        return Remembered(OwnerKind.PERSONAL, name) in self.remembered and not is_otherwise_known


def select(candidates: Iterable[Candidate], request: SelectionRequest, *, now: datetime) -> Selection:
    """Return what a task sees of `candidates`, all secrets of its owners. Linear in both arguments but for sorting."""
    request = SelectionRequest(dict.fromkeys(request.selected), frozenset(request.remembered), request.include_default)
    by_name: defaultdict[str, dict[OwnerKind, Candidate]] = defaultdict(dict)
    for candidate in candidates:
        by_name[candidate.name][candidate.owner_kind] = candidate
    outcomes: list[Given | Omitted] = []
    for name in sorted(by_name):
        secrets = by_name[name]
        # Most names have one secret, which nothing shadows.
        if len(secrets) == 1:
            (alone,) = secrets.values()
            outcomes += _outcome_of(alone, request, now)
        else:
            outcomes += _outcomes(secrets, request, now)
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
    """Yield the outcome for each secret of a name that both owners have, the personal one first."""
    held = {kind: request.omission_of(secret) for kind, secret in namesakes.items()}
    live = {kind: secret for kind, secret in namesakes.items() if not _is_out(secret, held[kind])}
    reasons = {kind: request.reason_for(secret) for kind, secret in live.items()}
    meant = _meant(live, request)
    is_wanted = any(reasons.values())
    for kind in sorted(namesakes):
        secret, omission, reason = namesakes[kind], held[kind], reasons.get(kind)
        if kind not in live:
            if omission is not None:
                yield Omitted(secret, omission)
        elif secret is not meant:
            if is_wanted:
                yield Omitted(secret, Omission.SHADOWED)
        elif reason is not None:
            yield _unless_expired(secret, reason, now)


def _outcome_of(secret: Candidate, request: SelectionRequest, now: datetime) -> Sequence[Given | Omitted]:
    """Return the outcome for a secret whose name no other owner has, if there is one."""
    if secret.quarantine_reason:
        omission = request.omission_of(secret)
        if _is_out(secret, omission):
            return () if omission is None else (Omitted(secret, omission),)
    reason = request.reason_for(secret)
    return () if reason is None else (_unless_expired(secret, reason, now),)


def _unless_expired(secret: Candidate, reason: Reason, now: datetime) -> Given | Omitted:
    is_expired = secret.expires_at is not None and secret.expires_at <= now
    return Omitted(secret, Omission.EXPIRED) if is_expired else Given(secret, reason)


def _is_out(secret: Candidate, omission: Omission | None) -> bool:
    """Return whether the secret has no part in this task: an agent's quarantine holds it even if nobody asks for it."""
    return omission is not None or secret.quarantine_reason == QuarantineReason.AGENT


def _meant(live: Mapping[OwnerKind, Candidate], request: SelectionRequest) -> Candidate | None:
    """Return the secret that the name means in this task, or None if quarantine keeps all of them from it."""
    personal, shared = live.get(OwnerKind.PERSONAL), live.get(OwnerKind.PROJECT)
    if personal is None or shared is None:
        return shared or personal
    is_less_trusted = shared.is_unpromoted and not personal.is_unpromoted
    return personal if is_less_trusted or request.prefers_personal(personal.name) else shared
