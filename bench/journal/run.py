"""The journal part of the bench."""

from __future__ import annotations

from typing import Any

import msgspec

from bench.core import encoding, workloads
from bench.journal import measure
from bench.peers.environments import FOLDER
from bench.report import rate, table

TITLE = "Journal: records made durable per second"


def run() -> tuple[list[str], dict[str, Any]]:
    """Measure; answers the lines for people and the raw figures."""
    encoded = encoding.encode(workloads.small_mix(segment=100_000, segments=1))
    record_bytes = sum(map(len, encoded.records)) / len(encoded.records)
    story = [
        f"`FileJournal.append`: one write and one `fdatasync` a batch, inline; records of the mix with 1,000 a side, "
        f"{record_bytes:.0f} bytes each on average",
        f"{measure.RUNS} runs of {measure.SECONDS_A_RUN:g} s each size, medians; p50 and p99 are of one append",
        "left out: making the records, applying them, sockets",
    ]
    print(*(f"  {sentence}" for sentence in story), sep="\n", flush=True)
    folder = FOLDER / "journal"
    appended = [measure.measure_append(encoded, folder, size) for size in measure.BATCH_SIZES]
    shown = table(
        ["records a batch", "records/s", "by CPU time", "MiB/s", "p50 µs", "p99 µs"],
        [
            [
                f"{one.batch:,}",
                rate(one.median_wall()),
                rate(one.median_cpu()),
                f"{one.mib_per_second:.1f}",
                f"{one.p50_us:.0f}",
                f"{one.p99_us:.0f}",
            ]
            for one in appended
        ],
    )
    print(*(f"  {line}" for line in shown), sep="\n", flush=True)
    replayed = measure.measure_replay(encoded, folder)
    back = table(
        [f"{replayed.commands:,} commands in batches of {measure.REPLAY_BATCH}, by CPU time", "commands/s"],
        [
            ["read back and verified", rate(max(replayed.read))],
            ["replayed: journal to state, ends in the same hash", rate(max(replayed.replay))],
        ],
    )
    print(*(f"  {line}" for line in back), "  (best of 3)", sep="\n")
    raw = {"appended": msgspec.to_builtins(appended), "replayed": msgspec.to_builtins(replayed)}
    return [*(f"- {line}" for line in story), "", *shown, "", *back, "", "The best of 3 runs."], raw
