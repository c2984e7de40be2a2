"""The core part of the bench: every workload on the house and on the peers."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import msgspec

from bench.core import encoding, measure, workloads
from bench.core.bitstamp import NoRecording
from bench.core.measure import Rate
from bench.peers.notes import NATIVE
from bench.peers.run import PeerResult, drive_all
from bench.report import rate, table
from fondaco import compiled

TITLE = "Core: commands applied per second"


def _uncompiled() -> Rate:
    run = subprocess.run([sys.executable, "-m", "bench.core.uncompiled"], capture_output=True, text=True, check=True)
    return msgspec.convert(json.loads(run.stdout), Rate)


def _is_compiled() -> bool:
    return all(compiled.state_of(module) is compiled.State.COMPILED for module in compiled.COMPILED_MODULES)


def _row(name: str, wall: float, cpu: float, ours: float) -> list[str]:
    return [name, rate(wall), rate(cpu), f"{ours / cpu:,.1f}"]


def _peer_rows(peers: list[PeerResult], ours: float, fills: int) -> tuple[list[list[str]], list[str]]:
    rows, notes = [], []
    for peer in peers:
        if not peer.cpu:
            rows.append([peer.package, "—", "—", "—"])
            notes.append(f"{peer.package}: {peer.said}")
            continue
        rows.append(_row(peer.package, peer.median_wall(), peer.median_cpu(), ours))
        if peer.fills == -1:
            notes.append(f"{peer.package}: judged by the first {peer.timed:,} timed commands, for want of time")
        elif peer.fills != fills:
            notes.append(f"{peer.package}: {peer.fills:,} fills where the house has {fills:,}; it did other work")
    return rows, notes


def run() -> tuple[list[str], dict[str, Any]]:
    """Measure; answers the lines for people and the raw figures."""
    lines = [
        f"`House.apply` in batches of {measure.BATCH_COMMANDS} commands, encoded before: matching, ledger, holds, fees "
        "and the rows of every fact; no journal, no sockets. "
        f"Median of {workloads.RUNS} runs, per second of wall time and of CPU time. "
        "The peers get the same commands through their public Python interface, one call each, in their own "
        "environments; they match only (no ledger, no holds, no fees). The ratio says how many times the peer's rate "
        "the house's is, by CPU time.",
        "",
    ]
    raw: dict[str, Any] = {"batch_commands": measure.BATCH_COMMANDS, "workloads": {}}
    alone: list[list[str]] = []
    if not _is_compiled():
        lines += ["**Uncompiled: the house below ran from source.** `make compiled` says what is missing.", ""]
    for make in workloads.WORKLOADS:
        try:
            flow = make()
        except NoRecording as why:
            print(f"\nskipped: {why}")
            lines += ["Bitstamp BTCUSD: skipped, the recording cannot be read on this machine.", ""]
            continue
        story = [*flow.story, *(f"left out: {what}" for what in flow.left_out)]
        print(f"\n{flow.name}", *(f"  {sentence}" for sentence in story), sep="\n", flush=True)
        encoded = encoding.encode(flow)
        ours = measure.measure(encoded)
        singles = measure.measure_singles(encoded)
        peers = drive_all(flow) if flow.peers else []
        refused = sum(encoded.refusals.values())
        outcome = (
            f"{flow.count:,} commands in all: {encoded.fills:,} fills, {refused:,} cancels came too late, "
            f"{encoded.resting:,} orders rest at the end; every asset balances"
        )
        alone.append([flow.name, *(f"{ns:,}" for ns in msgspec.structs.astuple(singles))])
        cpu = ours.median_cpu()
        rows, notes = _peer_rows(peers, cpu, encoded.fills)
        agreed = sum(peer.fills == encoded.fills for peer in peers)
        if agreed:
            notes.append(f"{agreed} {'peer' if agreed == 1 else 'peers'} found the same number of fills")
        shown = table(["", "wall", "CPU", "ratio"], [["**fondaco**", rate(ours.median_wall()), rate(cpu), ""], *rows])
        print(*(f"  {line}" for line in [outcome, *shown, *notes]), sep="\n", flush=True)
        lines += [f"### {flow.name}", "", *(f"- {line}" for line in [*story, outcome]), "", *shown, ""]
        lines += [*(f"- {note}" for note in notes), ""] if notes else []
        raw["workloads"][flow.name] = {
            "fondaco": msgspec.to_builtins(ours),
            "singles": msgspec.to_builtins(singles),
            "fills": encoded.fills,
            "refused": refused,
            "resting": encoded.resting,
            "state_hash": encoded.state_hash,
            "peers": msgspec.to_builtins(peers),
        }
    shown = table(["one command a call from Python, ns", "p50", "p99", "p99.9", "timing, taken off"], alone)
    print("", *(f"  {line}" for line in shown), sep="\n", flush=True)
    lines += ["### One command a call", "", *shown, ""]
    slow = _uncompiled()
    sentence = f"Uncompiled (no compiler), mix with 1,000 a side: {rate(slow.median_cpu())} commands/s of CPU time."
    print(f"\n{sentence}")
    raw["uncompiled"] = msgspec.to_builtins(slow)
    return [*lines, sentence, "", NATIVE], raw
