"""This site's own audit events, beside the ones of secrets."""

from neo_base.audit.catalogue import Event
from neo_base.audit.event_fields import flag

EVENTS = (
    Event("deployment.checked", "workspace", "Somebody checked whether a deployment can start.", {"ready": flag}),
)
