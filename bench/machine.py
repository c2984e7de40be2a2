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
    #: The caches of the first processor, the nearest first: its name and its bytes.
    caches: list[tuple[str, int]]

    def sentence(self) -> str:
        caches = "".join(f", {name} {_binary(size)}" for name, size in self.caches)
        return (
            f"{self.processor}, {self.cores} cores{caches}, {self.memory_mib / 1024:.0f} GiB, Linux {self.kernel}, "
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
        caches=caches(),
    )


def caches(folder: Path = Path("/sys/devices/system/cpu/cpu0/cache")) -> list[tuple[str, int]]:
    """Name and bytes of each cache that holds data, the nearest first; empty where the kernel does not say."""
    found = []
    for index in sorted(folder.glob("index*")):
        level, kind, size = ((index / name).read_text().strip() for name in ("level", "type", "size"))
        if kind != "Instruction":
            found.append((f"L{level}", int(size.removesuffix("K")) * 1024))
    return found


def _binary(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


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
