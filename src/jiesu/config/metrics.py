"""What Prometheus reads from /metrics.

Granian runs several worker processes. ``jiesu serve`` gives them one PROMETHEUS_MULTIPROC_DIR, in
which each keeps its counts, so that any worker answers for all of them. Facts that live in the
database (open clocks, events not yet delivered) are not counted in processes at all: a function
named in ``settings.JIESU_GAUGES`` is asked for them at each scrape.
"""

import datetime as dt
import os
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.utils.module_loading import import_string
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from jiesu.config import health
from jiesu.foundation import clock

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

requests = Counter(
    "jiesu_http_requests_total", "Requests answered", ["view", "method", "status"]
)  # fmt: skip
seconds = Histogram(
    "jiesu_http_request_seconds", "Time to answer a request", ["view"], buckets=_BUCKETS
)


def observe(view: str, method: str, status: int, took: float) -> None:
    """Count one answered request."""
    requests.labels(view, method if method in _METHODS else "other", str(status)).inc()
    seconds.labels(view).observe(took)


class FromDatabase(Collector):
    """Gauges that are asked of the database at the moment of the scrape."""

    def __init__(self, at: dt.datetime) -> None:
        self.at = at

    def collect(self) -> Iterable[Metric]:
        state = GaugeMetricFamily(
            "jiesu_check", "1 where a check of /readyz passes", labels=["check"]
        )
        for check in health.all_checks(self.at):
            state.add_metric([check.name], float(check.state == "ok"))
        yield state
        beats = GaugeMetricFamily(
            "jiesu_loop_beat_age_seconds", "Since a loop last said it was alive", labels=["loop"]
        )
        for loop, beat in (health.loop_beats() or {}).items():
            beats.add_metric([loop], (self.at - beat).total_seconds())
        yield beats
        yield from self._registered()

    def _registered(self) -> Iterator[Metric]:
        for dotted in settings.JIESU_GAUGES:
            for name, help_text, value in import_string(dotted)():
                gauge = GaugeMetricFamily(name, help_text)
                gauge.add_metric([], value)
                yield gauge


def exposition() -> bytes:
    """Everything, in Prometheus's text format."""
    text = b""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        processes = CollectorRegistry()
        MultiProcessCollector(processes)  # type: ignore[no-untyped-call]  # registers itself
        text += generate_latest(processes)
    else:
        text += generate_latest(REGISTRY)
    facts = CollectorRegistry()
    facts.register(FromDatabase(clock.now()))
    return text + generate_latest(facts)
