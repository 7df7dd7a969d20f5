"""What is counted. Labels are routes as patterns, methods and statuses, so that their number is bounded and none is a
client's word."""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from neo_site import health

# Set by who starts the server: where its processes lay down their figures, to be added up by any of them.
SHARED_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

# A further series beside each, with the moment at which it began.
disable_created_metrics()  # type: ignore[no-untyped-call]

REQUESTS = Counter("neo_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "neo_request_seconds",
    "Seconds until the answer.",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class Health(Collector):
    """Asked at each look, as `/readyz` is."""

    def collect(self) -> Iterator[Metric]:
        for name, is_well in health.checks().items():
            yield GaugeMetricFamily(f"neo_{name}_up", f"Whether the {name} can be used.", value=is_well)


def registry() -> CollectorRegistry:
    """All figures: of every process of this server where they share a directory, else of this process."""
    found = CollectorRegistry()
    found.register(Health())
    if SHARED_DIRECTORY in os.environ:
        MultiProcessCollector(found)  # type: ignore[no-untyped-call]
    else:
        found.register(REGISTRY)
    return found
