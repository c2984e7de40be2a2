"""What a figure was taken on: processor, memory, kernel, Python, filesystem, and how long a ``fdatasync`` takes there.

A virtual machine shared with others gives different figures from minute to minute; how busy it is stands here too.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

import msgspec

from bench.peers.environments import FOLDER
from fondaco.operating import disk


class Machine(msgspec.Struct, frozen=True):
    processor: str
    cores: int
    memory_mib: int
    kernel: str
    python: str
    #: Share of the last minute in which something waited for a processor, in percent, before the bench began.
    waited_percent: float
    niceness: int

    def sentence(self) -> str:
        return (
            f"{self.processor}, {self.cores} cores, {self.memory_mib / 1024:.0f} GiB, Linux {self.kernel}, "
            f"Python {self.python}; in the minute before, something waited for a processor {self.waited_percent:.0f} % "
            f"of the time{f'; run at niceness {self.niceness}' if self.niceness else ''}"
        )


class Disk(msgspec.Struct, frozen=True):
    """The filesystem under the bench's folder, and ``fdatasync`` of 4 KiB written over zeros, in microseconds."""

    filesystem: str
    sync_us_p50: int
    sync_us_p99: int

    def sentence(self) -> str:
        return f"{self.filesystem}; fdatasync of 4 KiB: p50 {self.sync_us_p50} µs, p99 {self.sync_us_p99} µs"


def _field(path: str, name: str) -> str:
    try:
        for line in Path(path).read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    except OSError:
        pass
    return "unknown"


def look() -> Machine:
    memory = _field("/proc/meminfo", "MemTotal").split()[0]
    return Machine(
        processor=_field("/proc/cpuinfo", "model name"),
        cores=os.cpu_count() or 1,
        memory_mib=int(memory) // 1024 if memory.isdigit() else 0,
        kernel=platform.release(),
        python=platform.python_version(),
        waited_percent=_pressure(),
        niceness=os.nice(0),
    )


def _pressure() -> float:
    """`some avg60` of the kernel's pressure figures; 0 where it keeps none."""
    try:
        some = Path("/proc/pressure/cpu").read_text().splitlines()[0]
    except OSError:
        return 0.0
    return float(dict(word.split("=") for word in some.split()[1:])["avg60"])


def look_at_disk(folder: Path = FOLDER) -> Disk:
    """The disk under ``folder``, measured as ``fondaco doctor`` does: in the way the journal writes."""
    folder.mkdir(parents=True, exist_ok=True)
    latency = disk.measure(folder)
    return Disk(disk.filesystem_type(folder) or "unknown filesystem", latency.p50_us, latency.p99_us)
