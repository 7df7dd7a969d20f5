"""The metrics. Labels are route patterns, methods and statuses, so that their number is bounded and a client can put
nothing of its own into one."""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from neo_site import health

# Set before the server starts: the directory in which its workers leave their metrics, for any of them to add up.
SHARED_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

# The library would add a series to each metric, with the moment at which it began.
disable_created_metrics()  # type: ignore[no-untyped-call]

UNAVAILABLE = Counter("neo_unavailable", "Requests answered with 503, by reason.", ["reason"])
WORKER_DEATHS = Counter("neo_worker_deaths", "Worker processes that ended before they were told to.")
QUICK_WAYS = Counter("neo_quick_way", "Requests that have a quick way, by whether they took it.", ["job", "way"])
REQUESTS = Counter("neo_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "neo_request_seconds",
    "Seconds until the answer.",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def count_request(method: str, route: str, status: int, seconds: float, outage: str | None) -> None:
    """Count one answered request; `outage` is a key of `neo_base.rest.outages.REASONS` where the status is 503."""
    SECONDS.labels(method, route).observe(seconds)
    REQUESTS.labels(method, route, str(status)).inc()
    if outage is not None:
        UNAVAILABLE.labels(outage).inc()


def count_way(*, job: str, is_quick: bool, **_: object) -> None:
    """Count one request that has a quick way: see `neo_base.quick_way`."""
    QUICK_WAYS.labels(job, "quick" if is_quick else "plain").inc()


class Health(Collector):
    """The checks of `/readyz` as metrics, run at each scrape."""

    def collect(self) -> Iterator[Metric]:
        for name, is_well in health.checks().items():
            yield GaugeMetricFamily(f"neo_{name}_up", f"Whether the {name} can be used.", value=is_well)


def registry() -> CollectorRegistry:
    """Return all metrics: of every worker of this server where they share a directory, else of this process."""
    found = CollectorRegistry()
    found.register(Health())
    if SHARED_DIRECTORY in os.environ:
        MultiProcessCollector(found)  # type: ignore[no-untyped-call]
    else:
        found.register(REGISTRY)
    return found
