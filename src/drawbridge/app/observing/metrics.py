"""What is read off a process, in the words of Prometheus.

The only place that knows its library, and the last one before the wire: a name of a label that is
not on the list is refused here, whoever made it up.
"""

import logging
from collections.abc import Iterator, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from drawbridge.app.observing.readings import LABELS, Counts, Reading, Source, States, Times
from drawbridge.core.errors import Corrupted, DrawbridgeError
from drawbridge.core.measures import BOUNDS_US, Spread

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"

_log: Final = logging.getLogger(__name__)
_PREFIX: Final = "drawbridge_"
_US_PER_S: Final = 1_000_000
_BOUNDS: Final = (*(str(bound_us / _US_PER_S) for bound_us in BOUNDS_US), "+Inf")


class Metrics:
    """All that a process tells, asked for anew each time."""

    def __init__(self, sources: Sequence[Source]) -> None:
        """Ask these; what the operating system knows of the process comes beside."""
        self._sources = sources

    async def text(self) -> bytes:
        """Give everything as Prometheus reads it; a source that fails is left out, and logged."""
        readings: list[Reading] = []
        for source in self._sources:
            try:
                readings += await source()
            except (DrawbridgeError, TimeoutError) as error:
                _log.warning("metrics: %s", error)
        # Of this one asking: two that ask at once must not see halves of each other.
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(_Told(readings))
        return generate_latest(registry)


class _Told(Collector):
    def __init__(self, readings: Sequence[Reading]) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        for reading in self._readings:
            unknown = set(reading.labels) - LABELS
            if unknown:
                raise Corrupted("unknown_label", label=min(unknown))
            yield _family(reading)


def _family(reading: Reading) -> Metric:
    name, labels = _PREFIX + reading.name, reading.labels
    match reading:
        case Counts(values=counts):
            counter = CounterMetricFamily(name, "", labels=labels)
            for words, count in sorted(counts.items()):
                counter.add_metric(words, count)
            return counter
        case States(values=values):
            gauge = GaugeMetricFamily(name, "", labels=labels)
            for words, value in sorted(values.items()):
                gauge.add_metric(words, value)
            return gauge
        case Times(spreads=spreads):
            histogram = HistogramMetricFamily(name, "", labels=labels)
            for words, spread in sorted(spreads.items(), key=lambda it: it[0]):
                histogram.add_metric(words, _buckets(spread), spread.sum_us / _US_PER_S)
            return histogram


def _buckets(spread: Spread) -> list[tuple[str, float]]:
    """Give how many took at most so long, for each bound: Prometheus adds up, we do not."""
    below, found = 0, []
    for bound, count in zip(_BOUNDS, spread.counts, strict=True):
        below += count
        found.append((bound, float(below)))
    return found
