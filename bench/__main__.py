"""``python -m bench [PART …]``: run the parts named, or all, and write the results.

``python -m bench report`` runs nothing and writes the text anew from the figures that are kept.
"""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Callable
from typing import Any

from bench import machine, report
from bench.core import run as core
from bench.end_to_end import fanout
from bench.end_to_end import run as end_to_end
from bench.growth import connections
from bench.growth import run as growth
from bench.journal import run as journal
from bench.memory import run as memory
from bench.pauses import run as pauses
from bench.projector import run as projector
from bench.rewards import run as rewards

PARTS: dict[str, tuple[str, Callable[[], tuple[list[str], dict[str, Any]]]]] = {
    "core": (core.TITLE, core.run),
    "pauses": (pauses.TITLE, pauses.run),
    "growth": (growth.TITLE, growth.run),
    "memory": (memory.TITLE, memory.run),
    "journal": (journal.TITLE, journal.run),
    "projector": (projector.TITLE, projector.run),
    "end_to_end": (end_to_end.TITLE, end_to_end.run),
    "fanout": (fanout.TITLE, fanout.run),
    "rewards": (rewards.TITLE, rewards.run),
    "connections": (connections.TITLE, connections.run),
}

REPORT = "report"


def main(arguments: list[str]) -> None:
    if arguments == [REPORT]:
        report.write(list(PARTS))
        return
    unknown = [name for name in arguments if name not in PARTS]
    if unknown:
        raise SystemExit(f"bench: {unknown[0]} is not a part; the parts are {', '.join([*PARTS, REPORT])}")
    began = time.monotonic()
    for name in arguments or list(PARTS):
        title, run = PARTS[name]
        here, disk = machine.look(), machine.look_at_disk()
        print(f"\n── {title} " + "─" * max(1, 100 - len(title)))
        print(f"machine     {here.sentence()}\nfilesystem  {disk.sentence()}", flush=True)
        part_began = time.monotonic()
        lines, raw = run()
        seconds = time.monotonic() - part_began
        date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
        report.keep(name, list(PARTS), report.Part(title, date, here.sentence(), disk.sentence(), lines, raw, seconds))
    print(f"\n{time.monotonic() - began:.0f} s; written to {report.TEXT} and {report.RAW}")


if __name__ == "__main__":
    main(sys.argv[1:])
