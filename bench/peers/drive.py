"""Times a peer on a flow file: what every ``drive_*.py`` has in common. Standard library only, for any Python ≥ 3.11.

    python -m bench.peers.drive_PEER FLOW.json SECONDS

The description beside the flow's words says how many commands are untimed, and how long the segments are. Commands are
turned into the peer's own input before the clock starts. A slow peer is stopped when its seconds of CPU time are over
and judged by what it has done until then. Prints one line of JSON: commands/s of each segment by wall and CPU time, and
how many fills there were, to be compared with the house's.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from array import array
from pathlib import Path
from typing import Any, Protocol

WORDS = 7
PLACE = 0
CANCEL = 1
ASK = 1
BID = 2
_BLOCK = 2_000

Command = tuple[int, int, int, int, int, int, int]


class Engine(Protocol):
    """A peer, empty. ``prepare`` may look at commands only, never at the book."""

    def prepare(self, commands: list[Command]) -> Any: ...

    def apply(self, prepared: Any) -> None: ...

    def fills(self) -> int: ...


def read_commands(path: Path) -> list[Command]:
    words = array("q")
    with path.open("rb") as file:
        words.frombytes(file.read())
    return list(zip(*[iter(words)] * WORDS, strict=True))


class _OutOfTime(Exception):
    pass


def _apply(engine: Engine, commands: list[Command], deadline: float) -> tuple[int, int, int]:
    """(commands, wall ns, CPU ns) of what was done before the deadline."""
    done = wall_ns = cpu_ns = 0
    for first in range(0, len(commands), _BLOCK):
        if time.process_time() > deadline:
            break
        block = commands[first : first + _BLOCK]
        prepared = engine.prepare(block)
        cpu, wall = time.process_time_ns(), time.perf_counter_ns()
        engine.apply(prepared)
        wall_ns += time.perf_counter_ns() - wall
        cpu_ns += time.process_time_ns() - cpu
        done += len(block)
    return done, wall_ns, cpu_ns


def run(
    make_engine: type[Engine], description: dict[str, Any], commands: list[Command], seconds: float
) -> dict[str, Any]:
    """Drive the whole flow, as far as the seconds reach."""
    untimed, segment, fresh = description["untimed"], description["segment"], description["fresh"]
    deadline = time.process_time() + seconds
    engine: Engine | None = None
    wall, cpu, fills, timed = [], [], -1, 0
    gc.disable()
    for number in range(description["segments"]):
        if engine is None or fresh:
            engine = make_engine()
            opened, opened_ns, _ = _apply(engine, commands[:untimed], deadline)
            if opened < untimed:
                if number:
                    break
                rate = opened / opened_ns * 1e9
                said = f"opened {opened:,} of {untimed:,} orders in {seconds:g} s of CPU time ({rate:,.0f} a second)"
                return {"wall": [], "cpu": [], "fills": -1, "timed": 0, "unfinished": said}
        first = untimed + (0 if fresh else number * segment)
        done, wall_ns, cpu_ns = _apply(engine, commands[first : first + segment], deadline)
        if not done or (number and done < segment):
            break
        wall.append(done / wall_ns * 1e9)
        cpu.append(done / cpu_ns * 1e9)
        timed += done
        if done < segment:
            break
        if fresh or number == description["segments"] - 1:
            fills = engine.fills()
    return {"wall": wall, "cpu": cpu, "fills": fills, "timed": timed, "unfinished": ""}


def main(make_engine: type[Engine]) -> None:
    description_path, seconds = Path(sys.argv[1]), float(sys.argv[2])
    description = json.loads(description_path.read_text())
    commands = read_commands(description_path.with_suffix(".words"))
    print(json.dumps(run(make_engine, description, commands, seconds)))
