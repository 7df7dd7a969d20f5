"""Items that need an operator's attention: how many there are, and the URL of the list that shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from neo_base.admin.changelists import CappedCount, capped_count
from neo_base.admin.links import list_address
from neo_base.rest.languages import Text
from secrets_app.master_keys import data_keys_to_rotate, standing_of
from secrets_app.models import AuditEvent, DataKey, KeyCheckValue, Secret, ServiceToken
from secrets_app.models.secret import EXPIRES_SOON, UNUSED_AFTER

COUNTED_AT_MOST = 1_000
CHAINED_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Watch:
    """Rows that need attention, and the filters with which a list shows exactly these."""

    text: Text
    model: type[Model]
    rows: Callable[[], QuerySet[Any]]
    filters: dict[str, str]


@dataclass(frozen=True)
class Concern:
    """A `Watch` that found rows: how many, and the URL of their list; an empty one if the site has no such list."""

    count: CappedCount
    text: Text
    address: str


def _in_past_day(event: str) -> Callable[[], QuerySet[Any]]:
    return lambda: AuditEvent.objects.filter(event=event).since(timezone.now() - timedelta(days=1))


def _missing_master_keys() -> QuerySet[Any]:
    ids = list(KeyCheckValue.objects.values_list("pk", flat=True))
    return KeyCheckValue.objects.filter(
        pk__in=[key_id for key_id in ids if standing_of(key_id) not in ("active", "held")]
    )


WATCHED = (
    Watch(_("Master keys that were used and are not held"), KeyCheckValue, _missing_master_keys, {}),
    Watch(_("Secrets whose value is damaged"), Secret, Secret.objects.damaged, {"attention": "damaged"}),
    Watch(_("Secrets that have expired"), Secret, Secret.objects.expired, {"attention": "expired"}),
    Watch(
        format_lazy(_("Secrets that expire within {days} days"), days=EXPIRES_SOON.days),
        Secret,
        Secret.objects.expiring_soon,
        {"attention": "expiring_soon"},
    ),
    Watch(_("Secrets in quarantine"), Secret, Secret.objects.quarantined, {"attention": "quarantined"}),
    Watch(
        _("Secrets too short to redact in the output of tasks"),
        Secret,
        Secret.objects.too_short_to_mask,
        {"attention": "too_short_to_mask"},
    ),
    Watch(
        format_lazy(_("Secrets unused for {days} days"), days=UNUSED_AFTER.days),
        Secret,
        Secret.objects.unused,
        {"attention": "unused"},
    ),
    Watch(
        format_lazy(_("Service tokens that expire within {days} days"), days=EXPIRES_SOON.days),
        ServiceToken,
        ServiceToken.objects.expiring_soon,
        {"attention": "expiring_soon"},
    ),
    Watch(
        _("Data keys that are retiring"),
        DataKey,
        lambda: DataKey.objects.filter(state=DataKey.State.RETIRING),
        {"state__exact": "retiring"},
    ),
    Watch(_("Data keys that a former master key wraps"), DataKey, data_keys_to_rotate, {"master_key": "former"}),
    *(
        Watch(text, AuditEvent, _in_past_day(event), {"event": event, "hours": "24"})
        for event, text in (
            ("sign_in.refused", _("Failed sign-ins in the past 24 hours")),
            ("sign_in.paused", _("Paused sign-ins in the past 24 hours")),
            ("session.replayed", _("Refresh tokens used twice in the past 24 hours")),
            ("access.denied", _("Refused requests in the past 24 hours")),
        )
    ),
    Watch(
        _("Audit events not chained for an hour"),
        AuditEvent,
        lambda: AuditEvent.objects.filter(block=None).until(timezone.now() - CHAINED_WITHIN),
        {"chained": "late"},
    ),
)


def concerns_for(user: Any, site_name: str | None = None) -> Iterator[Concern]:
    """Yield a concern for each of `WATCHED` that has rows and whose model `user` may view.

    URLs are of the admin site with this name, or of the default one. Each costs one query on an index, which counts up
    to `COUNTED_AT_MOST` rows.
    """
    for watch in WATCHED:
        meta = watch.model._meta
        if not user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
            continue
        count = capped_count(watch.rows(), COUNTED_AT_MOST)
        if count:
            yield Concern(count, watch.text, list_address(site_name, watch.model, **watch.filters))
