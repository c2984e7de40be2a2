"""The fan-out part of the bench: one market's depth to many, and what that does to an order's acknowledgement."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import msgspec

from bench.end_to_end import bare_fanout, servers
from bench.end_to_end.plan import Outcome
from bench.end_to_end.run import MARKET, PACE_PER_SECOND, SCHEDULED, Load, flow_of, measure_load
from bench.end_to_end.subscribers import Received
from bench.peers.environments import ROOT
from bench.report import table

TITLE = "Fan-out: one market's depth to 1,000 subscribers while orders come in"

SUBSCRIBERS = 1_000
RUNS = 3
READY_TIMEOUT_S = 30.0
LOAD = Load(f"1 connection at {PACE_PER_SECOND:,}/s", "exchange+json", 1, 1, 6_000, PACE_PER_SECOND)


class _Subscribers:
    """The process of the subscribers."""

    def __init__(self, port: int, count: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.end_to_end.subscribers", str(port), MARKET, str(count)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise servers.ServerFailed(f"the subscribers failed: {self._process.communicate()[1][-500:]}")

    def stop(self) -> Received:
        """Ends them; answers what they received."""
        said, why = self._process.communicate(timeout=READY_TIMEOUT_S)
        if self._process.returncode:
            raise servers.ServerFailed(f"the subscribers failed: {why.strip()[-500:]}")
        return msgspec.convert(json.loads(said), Received)

    def kill(self) -> None:
        """Ends them where they were not stopped."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


@contextmanager
def subscribed(port: int, count: int) -> Iterator[_Subscribers]:
    """So many subscribers, each with the whole book; killed at the end unless they were stopped."""
    subscribers = _Subscribers(port, count)
    try:
        subscribers.wait_until_ready()
        yield subscribers
    finally:
        subscribers.kill()


def measure_quiet(load: Load) -> Outcome:
    """A load on a new house to which nobody subscribes."""
    flow = flow_of(load)
    with servers.fondaco(flow.venue) as running:
        return measure_load(load, flow, running, MARKET)


def measure_loud(load: Load, count: int) -> tuple[Outcome, Received]:
    """The same with subscribers."""
    flow = flow_of(load)
    with servers.fondaco(flow.venue) as running, subscribed(running.port, count) as subscribers:
        found = measure_load(load, flow, running, MARKET)
        return found, subscribers.stop()


def _least(outcomes: list[Outcome]) -> Outcome:
    """The run of the least p99: the machine and its disk add to a latency, and never take from it."""
    return min(outcomes, key=lambda one: one.p99_us_typical)


def run() -> tuple[list[str], dict[str, Any]]:
    """Measure; answers the lines for people and the raw figures."""
    story = [
        f"{SUBSCRIBERS:,} connections follow the depth of the one market that is traded (50 levels, every price), in "
        f"the document's zlib frames, all in one process; orders: {LOAD.name}, as in the part above",
        "an update is over when the last has it: from its first arrival to its last, in the subscribers' process, "
        "whose own reading is in it; server CPU: what the server took more than without subscribers, by update",
        f"with and without in turn, {RUNS} times, each on a new house; of each the run of the least p99, which "
        "is the median of that of each thousand: a disk that stands still for once decides the p99 of all",
        SCHEDULED,
        "bare: a loop that sends as many bytes to as many sockets, which another process reads; what the machine takes "
        "for it alone",
    ]
    print(*(f"  {sentence}" for sentence in story), sep="\n", flush=True)
    quiet, loud, received = [], [], []
    for _ in range(RUNS):
        quiet.append(measure_quiet(LOAD))
        found, heard = measure_loud(LOAD, SUBSCRIBERS)
        loud.append(found)
        received.append(heard)
        print(f"    quiet {quiet[-1].p99_us_typical:,.0f} µs, loud {found.p99_us_typical:,.0f} µs, {heard}", flush=True)
    update_bytes = round(median(heard.update_bytes_p50 for heard in received))
    bare = bare_fanout.measure(SUBSCRIBERS, update_bytes)
    more_s = median(one.cpu_s["server"] for one in loud) - median(one.cpu_s["server"] for one in quiet)
    pushes = loud[0].seconds * median(heard.updates_per_second for heard in received)
    raw = {
        "quiet": msgspec.to_builtins(_least(quiet)),
        "with_subscribers": msgspec.to_builtins(_least(loud)),
        "received": msgspec.to_builtins(received),
        "update_ms_p50": median(heard.update_ms_p50 for heard in received),
        "update_server_ms": 1_000 * more_s / pushes,
        "bare": msgspec.to_builtins(bare),
    }
    acknowledged = table(
        ["acknowledgement", "p50 µs", "p99 µs", "p99 µs of all", "worst µs", "server CPU s"],
        [
            [
                name,
                f"{one.p50_us:,.0f}",
                f"{one.p99_us_typical:,.0f}",
                f"{one.p99_us:,.0f}",
                f"{one.max_us:,.0f}",
                f"{one.cpu_s['server']:.2f}",
            ]
            for name, one in (("quiet", _least(quiet)), (f"{SUBSCRIBERS:,} subscribers", _least(loud)))
        ],
    )
    updated = table(
        [f"one depth update to {SUBSCRIBERS:,}", "median"],
        [
            ["first to last arrival, ms", f"{raw['update_ms_p50']:.1f}"],
            ["the same of bare sends, ms", f"{bare.arrival_ms_p50:.1f}"],
            ["server CPU, ms", f"{raw['update_server_ms']:.1f}"],
            ["the same of bare sends, ms", f"{bare.cpu_ms_p50:.1f}"],
            ["bytes of an update", f"{update_bytes:,}"],
            ["updates that all got", f"{sum(heard.updates for heard in received):,}"],
            ["updates that a slow reader did not get", f"{sum(heard.broken for heard in received):,}"],
        ],
    )
    print(*(f"  {line}" for line in [*acknowledged, *updated]), sep="\n", flush=True)
    return [*(f"- {line}" for line in story), "", *acknowledged, "", *updated], raw
