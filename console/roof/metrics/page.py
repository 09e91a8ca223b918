"""The page of the metrics: counts of all processes, and gauges asked of the database now."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from console.metrics.counted import FOLDER, IN_PROCESS
from console.metrics.kept import files_of, held
from console.roof.metrics.gauges import gauges
from console.roof.metrics.who_may_ask import may_ask

REFUSED = "Metrics are told to who sends METRICS_TOKEN as a bearer token; where none is set, on the machine itself.\n"


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """In Prometheus' text format; `allotment_database_up` is 0 where the database does not answer, and the gauges are absent."""
    if not may_ask(request):
        headers = {"WWW-Authenticate": "Bearer"}
        return HttpResponse(REFUSED, status=401, content_type="text/plain; charset=utf-8", headers=headers)
    registry = CollectorRegistry()
    registry.register(Told([*_counted(), *_asked()]))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Told(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self.families = families

    def collect(self) -> Iterable[Metric]:
        return self.families


def _counted() -> Iterable[Metric]:
    if FOLDER is None:
        return IN_PROCESS.collect()
    with held(FOLDER):
        return list(MultiProcessCollector.merge(files_of(FOLDER), accumulate=True))


def _asked() -> Iterable[Metric]:
    up = GaugeMetricFamily("allotment_database_up", "Whether the database answered.")
    try:
        found = list(gauges())
        up.add_metric([], 1)
    except (DatabaseError, InterfaceError):
        found = []
        up.add_metric([], 0)
    return [up, *found]
