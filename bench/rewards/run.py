"""The rewards part of the bench: settlements one by one beside the peer, a batch run, and reading as history grows.

``FONDACO_BENCH_PURCHASES`` sets how many purchases the largest batch run settles (a million if not set).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from bench.core.flow import Flow
from bench.end_to_end import run as end_to_end
from bench.end_to_end import servers
from bench.end_to_end.load import cpu_seconds
from bench.end_to_end.plan import Outcome as Acknowledged
from bench.end_to_end.servers import Running
from bench.peers.environments import FOLDER, ROOT
from bench.report import rate, table
from bench.rewards import programme
from bench.rewards.load import Outcome, Plan
from bench.rewards.programme import Clerk

TITLE = "Rewards: durable settlements over HTTP, batch runs, reading as history grows"

CONNECTIONS = 32
SECONDS = 5.0
WARM_UP_S = 1.0
#: More than can be settled in the time there is.
HOUSE_PURCHASES = 80_000
PEER_PURCHASES = 20_000
#: Of runs with nothing beside them; the last is the largest.
SIZES = (1_000, 10_000, int(os.environ.get("FONDACO_BENCH_PURCHASES", "1000000")))
PURCHASES_BESIDE = 100_000
ASKED = 50
RUN_TIMEOUT_S = 600.0
#: Houses in which a batch run is watched beside orders.
RUNS_BESIDE = 3
_PACED = end_to_end.LOADS[3]


class Beside(msgspec.Struct, frozen=True):
    """Orders before a run, while it goes on, and after it, in one house; and how many purchases it settled beside."""

    before: Acknowledged
    meanwhile: Acknowledged
    after: Acknowledged
    purchases_per_second: float

    def quiet_p99_us(self) -> float:
        return (self.before.p99_us_typical + self.after.p99_us_typical) / 2

    def times_quiet(self) -> float:
        return self.meanwhile.p99_us_typical / self.quiet_p99_us()


class Ran(msgspec.Struct, frozen=True):
    """A batch run of ``purchases``. Memory in MiB, before it and at its peak."""

    purchases: int
    seconds: float
    server_cpu_s: float
    projected_s: float
    projector_cpu_s: float
    memory_mib: float
    memory_mib_peak: float
    beside: Beside | None = None


class Read(msgspec.Struct, frozen=True):
    """Milliseconds of reading with so many invoices there."""

    invoices: int
    list_ms: float
    last_page_ms: float
    ageing_ms: float
    statement_first_ms: float
    statement_ms: float
    statement_bytes: int


def load(port: int, token: str, purchases: int, watched: dict[str, int]) -> Outcome:
    plan = Plan(servers.HOST, port, token, 1, purchases, CONNECTIONS, WARM_UP_S, SECONDS, watched)
    plan_file = FOLDER / "settle.json"
    plan_file.write_bytes(msgspec.json.encode(plan))
    command = [sys.executable, "-m", "bench.rewards.load", str(plan_file)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    plan_file.unlink()
    if ran.returncode != 0:
        raise servers.ServerFailed(f"the load failed: {ran.stderr.strip()[-500:]}")
    return msgspec.json.decode(ran.stdout, type=Outcome)


def flow() -> Flow:
    return end_to_end.flow_of(_PACED)


def settle_in_house(venue_flow: Flow) -> Outcome:
    with servers.fondaco(venue_flow.venue, lambda data: programme.write(data, HOUSE_PURCHASES)) as running:
        with closing(Clerk(servers.HOST, running.port)) as clerk:
            token = clerk.token
        return load(running.port, token, HOUSE_PURCHASES, running.processes)


def settle_at_peer() -> Outcome:
    folder, port = servers.empty("rewards_peer"), servers.free_port()
    command = [sys.executable, "-m", "bench.rewards.peer", str(folder / "peer.sqlite"), str(port), str(PEER_PURCHASES)]
    with servers.process(command, {}, f"http://{servers.HOST}:{port}/readyz") as pid:
        return load(port, "none", PEER_PURCHASES, {"server": pid})


def run_of(purchases: int, venue_flow: Flow, *, beside_orders: bool) -> tuple[Ran, Read]:
    """Settle so many purchases in one run, with orders coming in if asked; then read what came of it."""
    with servers.fondaco(venue_flow.venue, lambda data: programme.write(data, purchases)) as running:
        server, projector = running.processes["server"], running.processes["projector"]
        with closing(Clerk(servers.HOST, running.port)) as clerk:
            _projected(clerk)
            before = _orders(clerk, running, venue_flow) if beside_orders else None
            before_mib = _memory_mib(server, "VmRSS")
            server_s, projector_s = cpu_seconds(server), cpu_seconds(projector)
            seconds = _Seconds()
            if beside_orders:
                starting = threading.Timer(1.0, _run, (running.port, seconds))
                starting.start()
                meanwhile = end_to_end.measure_load(_PACED, flow(), running, end_to_end.MARKET)
                settled = clerk.ask("settlement_runs/list")["settlement_runs"][0]["settled"]
                per_second = settled / (time.perf_counter() - seconds.began)
                starting.join()
            else:
                _run(running.port, seconds)
            spent_s = cpu_seconds(server) - server_s
            _projected(clerk)
            projected_s = time.perf_counter() - seconds.began
            projector_s = cpu_seconds(projector) - projector_s
            beside = None
            if before is not None:
                beside = Beside(before, meanwhile, _orders(clerk, running, flow()), per_second)
            ran = Ran(
                purchases,
                seconds.took,
                spent_s,
                projected_s,
                projector_s,
                before_mib,
                _memory_mib(server, "VmHWM"),
                beside,
            )
            return ran, _read(clerk, purchases)


def _orders(clerk: Clerk, running: Running, venue_flow: Flow) -> Acknowledged:
    """Orders with nothing else going on: what is left to project or to write would be met by them."""
    _projected(clerk)
    os.sync()
    found = end_to_end.measure_load(_PACED, venue_flow, running, end_to_end.MARKET)
    _projected(clerk)
    os.sync()
    return found


class _Seconds:
    began = took = 0.0


def _run(port: int, seconds: _Seconds) -> None:
    """Start a run and wait for its end."""
    with closing(Clerk(servers.HOST, port)) as clerk:
        seconds.began = time.perf_counter()
        number = clerk.ask("customer_events/purchases/apply_settlements")["number"]
        until_s = seconds.began + RUN_TIMEOUT_S
        while (
            clerk.ask("settlement_runs/show", settlement_run_identifier={"number": number})["life_cycle_state"]
            != "ENDED"
        ):
            if time.perf_counter() > until_s:
                raise programme.Failed(f"the run was not over after {RUN_TIMEOUT_S:g} s")
            time.sleep(0.05)
        seconds.took = time.perf_counter() - seconds.began


def _read(clerk: Clerk, invoices: int) -> Read:
    def asked(path: str, /, **body: object) -> float:
        return statistics.median(clerk.time_ms(path, **body) for _ in range(ASKED))

    which = {"accounts_receivable_identifier": {"number": programme.RECEIVABLE}}
    first_ms, all_ms, size = clerk.stream("accounts_receivable/statement", **which)
    return Read(
        invoices,
        asked("invoices/list"),
        asked("invoices/list", **which),
        asked("accounts_receivable/ageing", **which),
        first_ms,
        all_ms,
        size,
    )


def _projected(clerk: Clerk) -> None:
    """Wait until history has all that is durable."""
    until_s = time.monotonic() + RUN_TIMEOUT_S
    while clerk.metric("fondaco_projected_seq") < clerk.metric("fondaco_durable_seq"):
        if time.monotonic() > until_s:
            raise programme.Failed("the projector does not come up")
        time.sleep(0.05)


def _memory_mib(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def _settled_row(name: str, found: Outcome) -> list[str]:
    shares = " / ".join(f"{found.cpu_s.get(part, 0):.1f}" for part in ("server", "projector", "load"))
    return [
        name,
        rate(found.per_second()),
        f"{found.p50_us / 1e3:.1f}",
        f"{found.p99_us / 1e3:.1f}",
        shares,
        f"{found.cpu_s['server'] / found.answered * 1e6:.0f}",
        f"{found.failed}",
    ]


def _ran_row(ran: Ran) -> list[str]:
    beside = ran.beside
    return [
        f"{ran.purchases:,}",
        f"{ran.seconds:.1f}",
        rate(beside.purchases_per_second) if beside else "—",
        f"{ran.server_cpu_s:.1f}",
        f"{ran.projected_s:.1f}",
        f"{ran.projector_cpu_s:.1f}",
        f"{beside.quiet_p99_us():,.0f} / {beside.meanwhile.p99_us_typical:,.0f}" if beside else "—",
        f"{ran.memory_mib:.0f} / {ran.memory_mib_peak:.0f}",
    ]


def _times_quiet(ran: Ran) -> float:
    assert ran.beside is not None
    return ran.beside.times_quiet()


def run() -> tuple[list[str], dict[str, Any]]:
    """Measure; answers the lines for people and the raw figures."""
    story = [
        f"one merchant, purchases of 150.00 with one award each; {CONNECTIONS} connections settle one purchase at a "
        f"time each, with an idempotency key, over the loopback; {SECONDS:g} s after {WARM_UP_S:g} s",
        "fondaco: as `fondaco up`, projections and metrics on; each answer comes after the journal's `fdatasync`",
        "peer: the same settlement in SQLAlchemy's ORM, one transaction a request in SQLite with synchronous=FULL, "
        "Litestar on uvicorn, no log-in (bench/rewards/peer.py)",
        "a batch run settles all purchases of a house; beside a part of it one connection sends orders at 1,000/s; "
        "their p99 is the median of that of each thousand; quiet: the mean of before and after, when all is projected; "
        f"of {RUNS_BESIDE} houses the middle one",
        end_to_end.SCHEDULED,
    ]
    print(*(f"  {sentence}" for sentence in story), sep="\n", flush=True)
    venue_flow = flow()
    house, peer = settle_in_house(venue_flow), settle_at_peer()
    settled = [_settled_row("fondaco", house), _settled_row("peer", peer)]
    print(*(f"  {' | '.join(row)}" for row in settled), sep="\n", flush=True)
    runs = [run_of(size, venue_flow, beside_orders=False) for size in SIZES]
    watched = [run_of(PURCHASES_BESIDE, venue_flow, beside_orders=True) for _ in range(RUNS_BESIDE)]
    middle = sorted(watched, key=lambda one: _times_quiet(one[0]))[RUNS_BESIDE // 2]
    batch = [_ran_row(runs[-1][0]), _ran_row(middle[0])]
    runs.insert(-1, middle)
    reads = [read for _, read in runs]
    times_quiet = " / ".join(f"{_times_quiet(one):.1f}" for one, _ in watched)
    shown = [
        [
            f"{read.invoices:,}",
            f"{read.list_ms:.1f}",
            f"{read.last_page_ms:.1f}",
            f"{read.ageing_ms:.1f}",
            f"{read.statement_first_ms:.0f}",
            f"{read.statement_ms:.0f}",
            f"{read.statement_bytes / 1e6:.1f}",
        ]
        for read in reads
    ]
    print(
        *(f"  {' | '.join(row)}" for row in batch),
        f"  {times_quiet}",
        *(f"  {' | '.join(row)}" for row in shown),
        sep="\n",
        flush=True,
    )
    lines = [
        *(f"- {line}" for line in story),
        "",
        *table(
            ["", "settlements/s", "p50 ms", "p99 ms", "CPU s: server / projector / load", "server µs each", "failed"],
            settled,
        ),
        "",
        f"- {house.per_second() / peer.per_second():.1f} times as many as the peer",
        "",
        *table(
            [
                "batch run, purchases",
                "s",
                "purchases/s while orders came in",
                "server CPU s, orders in it",
                "s until projected",
                "projector CPU s",
                "orders' p99 µs, quiet / meanwhile",
                "MiB before / peak",
            ],
            batch,
        ),
        "",
        f"- orders' p99 beside a run, times the quiet one, in each of the {RUNS_BESIDE} houses: {times_quiet}",
        "",
        *table(
            [
                "invoices",
                "list, ms",
                "list of a receivable, ms",
                "ageing, ms",
                "statement's first byte, ms",
                "whole, ms",
                "MB",
            ],
            shown,
        ),
    ]
    raw = {
        "house": msgspec.to_builtins(house),
        "peer": msgspec.to_builtins(peer),
        "runs": [msgspec.to_builtins(one) for one, _ in runs],
        "times_quiet": statistics.median(_times_quiet(one) for one, _ in watched),
        "reads": [msgspec.to_builtins(read) for read in reads],
    }
    return lines, raw
