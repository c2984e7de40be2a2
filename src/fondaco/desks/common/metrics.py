"""What `/metrics` tells, read from the parts' own counters when somebody asks: the order path only adds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from fondaco.core.events import EventKind
from fondaco.desks.common.front_door import FrontDoor
from fondaco.runtime.counters import Histogram
from fondaco.runtime.sequencer import Runtime


class Told(Protocol):
    """What is known of all webhooks together."""

    @property
    def delivered(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def waiting(self) -> int: ...


class HouseCollector(Collector):
    """The metrics of one house. ``projected_seq`` and ``projector_restarts`` ask the history's side."""

    def __init__(
        self,
        runtime: Runtime,
        door: FrontDoor,
        webhooks: Told,
        projected_seq: Callable[[], int],
        projector_restarts: Callable[[], int],
    ) -> None:
        self._runtime = runtime
        self._door = door
        self._webhooks = webhooks
        self._projected_seq = projected_seq
        self._projector_restarts = projector_restarts

    def collect(self) -> Iterator[Metric]:
        runtime, door = self._runtime, self._door
        counters, house = runtime.counters, runtime.house
        yield _counter("fondaco_commands", "Commands journalled.", counters.commands)
        yield _counter(
            "fondaco_commands_refused", "Commands not taken: intake stopped or full.", counters.commands_refused
        )
        yield _by_kind("fondaco_events", "Rows the core wrote, by kind.", counters.rows_by_kind)
        yield _by_kind("fondaco_answers", "Answers to commands, by kind of row.", counters.answers_by_kind)
        yield _histogram("fondaco_journal_batch_commands", "Commands of one group commit.", counters.batch_commands, 1)
        yield _histogram("fondaco_journal_seconds", "Write and sync of one group commit.", counters.journal_us, 1e-6)
        yield _counter("fondaco_journal_bytes", "Bytes of records journalled.", counters.journal_bytes)
        yield _gauge("fondaco_inbox_commands", "Commands that wait for the journal.", runtime.queue_depth)
        yield _gauge("fondaco_intake_stopped", "1 while no orders are taken.", int(runtime.intake_stopped is not None))
        yield _gauge("fondaco_durable_seq", "The last sequence on disk.", runtime.durable_seq)
        yield _gauge("fondaco_projected_seq", "The last sequence in the history.", self._projected_seq())
        yield _counter(
            "fondaco_projector_restarts", "Starts of the projector after it ended.", self._projector_restarts()
        )
        yield _gauge("fondaco_websocket_connections", "Open WebSocket connections.", len(door.connections))
        yield _gauge("fondaco_connections", "Open connections of all kinds.", door.census.open)
        yield _counter("fondaco_connections_refused", "Connections refused for their number.", door.census.refused)
        yield _counter("fondaco_peer_faults", "Connections ended for malformed frames.", door.socket_log.peer_faults)
        yield _counter("fondaco_defects", "Failures inside a desk. Anything but 0 is a bug.", counters.defects)
        yield _counter("fondaco_webhooks_delivered", "Events that a webhook's receiver took.", self._webhooks.delivered)
        yield _counter("fondaco_webhooks_failed", "Attempts to deliver that failed.", self._webhooks.failed)
        yield _gauge("fondaco_webhooks_waiting", "Events not delivered yet, over all webhooks.", self._webhooks.waiting)
        yield _gauge("fondaco_markets", "Markets of the house.", len(house.markets))
        yield _gauge("fondaco_users", "Users of the house.", len(house.users))


def make_metrics(collector: HouseCollector) -> Callable[[], bytes]:
    """A function that renders everything, with the process's own memory, time and files."""
    registry = CollectorRegistry()
    registry.register(collector)
    ProcessCollector(registry=registry)
    return lambda: generate_latest(registry)


def _counter(name: str, text: str, value: int) -> CounterMetricFamily:
    return CounterMetricFamily(name, text, value=value)


def _gauge(name: str, text: str, value: int) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _by_kind(name: str, text: str, counts: list[int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=["kind"])
    for kind in EventKind:
        family.add_metric([kind.name.lower()], counts[kind])
    return family


def _histogram(name: str, text: str, histogram: Histogram, unit: float) -> HistogramMetricFamily:
    buckets: list[tuple[str, float]] = []
    below = 0
    for bound, count in zip(histogram.bounds, histogram.counts, strict=False):
        below += count
        buckets.append((f"{bound * unit:g}", below))
    buckets.append(("+Inf", below + histogram.counts[-1]))
    family = HistogramMetricFamily(name, text)
    family.add_metric([], buckets, sum_value=histogram.total * unit)
    return family
