"""What a figure was taken on: processor, memory, kernel, Python, filesystem, and how long a ``fdatasync`` takes there.

A virtual machine shared with others gives different figures from minute to minute; how busy it is stands here too.
"""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

import msgspec

from bench.peers.environments import FOLDER

SYNCS = 400
SYNC_BYTES = 4_096


class Machine(msgspec.Struct, frozen=True):
    processor: str
    cores: int
    memory_mib: int
    kernel: str
    python: str
    load_before: float

    def sentence(self) -> str:
        return (
            f"{self.processor}, {self.cores} cores, {self.memory_mib / 1024:.0f} GiB, Linux {self.kernel}, "
            f"Python {self.python}; load average {self.load_before:.1f} before the run"
        )


class Disk(msgspec.Struct, frozen=True):
    """The filesystem under the bench's folder, and ``fdatasync`` of 4 KiB written over zeros, in microseconds."""

    filesystem: str
    sync_us_p50: float
    sync_us_p99: float

    def sentence(self) -> str:
        return f"{self.filesystem}; fdatasync of 4 KiB: p50 {self.sync_us_p50:.0f} µs, p99 {self.sync_us_p99:.0f} µs"


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
        load_before=os.getloadavg()[0],
    )


def filesystem(folder: Path) -> str:
    """Type and device of the filesystem that holds a folder."""
    best, found = -1, "unknown filesystem"
    for line in Path("/proc/mounts").read_text().splitlines():
        device, mount, kind, *_ = line.split()
        if folder.resolve().is_relative_to(mount) and len(mount) > best:
            best, found = len(mount), f"{kind} on {device}"
    return found


def look_at_disk(folder: Path = FOLDER) -> Disk:
    """Time ``fdatasync`` as a journal does it: over bytes that were written before, so that no length changes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "sync"
    block = b"\1" * SYNC_BYTES
    took_us = []
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        os.write(file, bytes(SYNC_BYTES * SYNCS))
        os.fsync(file)
        for number in range(SYNCS):
            start = time.perf_counter_ns()
            os.pwrite(file, block, number * SYNC_BYTES)
            os.fdatasync(file)
            took_us.append((time.perf_counter_ns() - start) / 1_000)
    finally:
        os.close(file)
        path.unlink()
    took_us.sort()
    return Disk(filesystem(folder), took_us[SYNCS // 2], took_us[SYNCS * 99 // 100])
