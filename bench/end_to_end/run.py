"""The end-to-end part of the bench: orders over sockets, durable before they are answered."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import msgspec

from bench.core import synthetic
from bench.core.flow import Flow
from bench.end_to_end import servers
from bench.end_to_end.plan import Outcome, Plan
from bench.end_to_end.servers import Running
from bench.peers.environments import FOLDER, PEERS, ROOT, NotInstalled, install
from bench.report import rate, table

TITLE = "End to end: durable orders per second over sockets"

CONNECTIONS = 50
RESTING_A_SIDE = 1_000
SECONDS = 4.0
WARM_UP_S = 0.7
LOAD_TIMEOUT_S = 40.0
PACE_PER_SECOND = 1_000
MARKET = "S1USD"
PEER_MARKET = "S1-USD"
#: How `load.paced` runs, for those who read its figures.
SCHEDULED = (
    "the load at a fixed pace is scheduled first where that is allowed (SCHED_FIFO), so that its clock does not wait "
    "for a processor that the server or the projector has"
)
_PEER = PEERS[2]


class Load(msgspec.Struct, frozen=True):
    """One row of the table."""

    name: str
    wire: str
    connections: int
    in_flight: int
    commands: int
    pace_per_second: int = 0


LOADS = (
    Load("50 connections, one at a time", "exchange+json", CONNECTIONS, 1, 400_000),
    Load("50 connections, one at a time, zlib", "exchange+zlib", CONNECTIONS, 1, 400_000),
    Load("50 connections, 16 in flight", "exchange+json", CONNECTIONS, 16, 900_000),
    Load("1 connection at 1,000/s", "exchange+json", 1, 1, 6_000, PACE_PER_SECOND),
)
PEER_LOADS = (
    Load("50 connections, one at a time", "http", CONNECTIONS, 1, 60_000),
    Load("1 connection at 200/s", "http", 1, 1, 2_000, 200),
)


def flow_of(load: Load) -> Flow:
    """The commands of a load: the mix, with a user for each connection."""
    return synthetic.make(
        synthetic.Shape(load.connections, 1, RESTING_A_SIDE),
        mean_distance_ticks=100,
        segment=load.commands // 2,
        segments=1,
    )


def measure_load(load: Load, flow: Flow, running: Running, market: str) -> Outcome:
    words, plan_file = FOLDER / "load.words", FOLDER / "load.json"
    words.write_bytes(flow.words.tobytes())
    plan = Plan(
        wire=load.wire,
        host=servers.HOST,
        port=running.port,
        market=market,
        price_digits=flow.venue.price_digits,
        amount_digits=flow.venue.amount_digits,
        words=str(words),
        untimed=2 * RESTING_A_SIDE,
        logins=running.logins,
        in_flight=load.in_flight,
        warm_up_s=WARM_UP_S,
        seconds=SECONDS,
        watched=running.processes,
        pace_per_second=load.pace_per_second,
    )
    plan_file.write_bytes(msgspec.json.encode(plan))
    try:
        run = subprocess.run(
            [sys.executable, "-m", "bench.end_to_end.load", str(plan_file)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=LOAD_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise servers.ServerFailed(f"the load was not over after {LOAD_TIMEOUT_S:g} s") from None
    finally:
        words.unlink()
        plan_file.unlink()
    if run.returncode != 0:
        raise servers.ServerFailed(f"the load failed: {run.stderr.strip()[-500:]}")
    return msgspec.convert(json.loads(run.stdout), Outcome)


def _row(server: str, load: Load, found: Outcome) -> list[str]:
    total = sum(found.cpu_s.values())
    shares = " / ".join(f"{found.cpu_s.get(name, 0):.1f}" for name in ("server", "projector", "load"))
    return [
        f"{server}: {load.name}",
        rate(found.per_second()),
        f"{found.p50_us:,.0f}",
        f"{found.p99_us:,.0f}",
        shares,
        f"{total / found.seconds:.2f}",
        f"{found.cpu_s['server'] / found.answered * 1e6:.1f}",
    ]


def run() -> tuple[list[str], dict[str, Any]]:
    """Measure; answers the lines for people and the raw figures."""
    story = [
        "a real server process and a load process on one machine over the loopback; "
        f"1 market, {RESTING_A_SIDE:,} orders resting a side, a user for each connection",
        "the mix of the core bench (70 % place, 25 % cancel, 5 % cross), every order and cancel counted; each answer "
        "holds the order's record and comes after the journal's `fdatasync`",
        f"fondaco: as `fondaco up`, projections, metrics and market data on, plain JSON frames but for one row; "
        f"{SECONDS:g} s measured after {WARM_UP_S:g} s and the opening of the book",
        f"peer: {_PEER.package} over its HTTP, log synced, no ledger, no signing in, one event loop for everything",
        "cores used: by all three together; what is missing to those of the machine was waited for the disk, or other "
        "work had it; the last column says what an order costs whatever else runs",
        SCHEDULED,
        "left out: setting up the house, encoding the requests that hold no order id; nobody subscribes to market data",
    ]
    print(*(f"  {sentence}" for sentence in story), sep="\n", flush=True)
    rows, notes, raw = [], [], {}
    ours: dict[str, float] = {}
    for load in LOADS:
        flow = flow_of(load)
        with servers.fondaco(flow.venue) as running:
            found = measure_load(load, flow, running, MARKET)
        ours[load.name] = found.per_second()
        rows.append(_row("fondaco", load, found))
        raw[f"fondaco: {load.name}"] = msgspec.to_builtins(found)
        if load.pace_per_second and found.per_second() < 0.98 * load.pace_per_second:
            notes.append(f"{load.name}: the pace was not held; the latency is mostly that of the queue that built up")
        print(f"  {' | '.join(rows[-1])}", flush=True)
    try:
        python = install(_PEER)
        for load in PEER_LOADS:
            flow = flow_of(load)
            with servers.matching_engine(python, flow.venue, PEER_MARKET) as running:
                found = measure_load(load, flow, running, PEER_MARKET)
            rows.append(_row(_PEER.package, load, found))
            raw[f"{_PEER.package}: {load.name}"] = msgspec.to_builtins(found)
            print(f"  {' | '.join(rows[-1])}", flush=True)
            if load.name in ours:
                notes.append(
                    f"{load.name}: {ours[load.name] / found.per_second():,.1f} times as many as {_PEER.package}"
                )
    except (NotInstalled, servers.ServerFailed) as why:
        notes.append(f"{_PEER.package}: not measured ({why})")
    head = ["", "orders/s", "p50 µs", "p99 µs", "CPU s: server / projector / load", "cores used", "server µs an order"]
    print(*(f"  {note}" for note in notes), sep="\n")
    return [*(f"- {line}" for line in story), "", *table(head, rows), "", *(f"- {note}" for note in notes)], raw
