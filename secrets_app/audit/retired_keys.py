"""Master keys that were retired although audit events carry their MAC: what the audit log no longer judges.

The event of the retirement says up to which block, and holds a digest over the blocks under that key. So without the
key nobody can say that an event under it is unaltered; but none was added, removed or moved in those blocks since, and
what comes later under that key is a finding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from django.db.models import Max

from secrets_app.audit.macs import audit_key, event_parts
from secrets_app.crypto import frame
from secrets_app.crypto.errors import KeyringError, OpenFailed
from secrets_app.master_keys import held_key_ids
from secrets_app.models import AuditBlock, AuditEvent

RETIRED = "master_key.retired"
CHUNK = 1_000


@dataclass
class RetiredKey:
    """A retired key that is not held: the last block in which rows under it are not judged, and how many there are."""

    last_block: int
    digest: str
    unjudged: int = field(default=0)


def last_block() -> int:
    """Return the number of the last block; 0 before the first."""
    return int(AuditBlock.objects.aggregate(last=Max("sequence"))["last"] or 0)


def digest_of_blocks(key_id: str, last: int) -> str:
    """Return the digest over the blocks under a key, up to the block `last`; pruning does not change it."""
    digest = sha256()
    blocks = AuditBlock.objects.filter(key_id=key_id, sequence__lte=last).order_by("sequence")
    for block in blocks.iterator(CHUNK):
        numbers = (block.sequence.to_bytes(8, "big"), block.count.to_bytes(8, "big"))
        digest.update(frame(*numbers, bytes(block.root), bytes(block.mac)))
    return digest.hexdigest()


def retired_keys() -> dict[str, RetiredKey]:
    """Return the retired keys that are not held, by id; of the retirements, those alone whose own MAC is right.

    Raises KeyringError if there is no key provider.
    """
    held = held_key_ids()
    found = {}
    for event in retirements():
        if event.subject_id not in held and _is_right(event):
            # Earlier releases did not say up to where: then it is the block of the retirement itself.
            last = event.data.get("last_block", event.block or 0)
            found[event.subject_id] = RetiredKey(last, event.data.get("digest", ""))
    return found


def retirements(**columns: str) -> list[AuditEvent]:
    """Return the events of retired keys, the newest last."""
    return list(AuditEvent.objects.filter(event=RETIRED, **columns).order_by("id"))


def _is_right(event: AuditEvent) -> bool:
    try:
        audit_key(event.key_id).check(bytes(event.mac), *event_parts(event))
    except (KeyringError, OpenFailed):
        return False
    return True
