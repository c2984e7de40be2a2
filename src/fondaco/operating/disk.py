"""How long a disk takes to make a small batch durable: what every acknowledged order waits for.

Measured as the journal does it: blocks of 4 KiB written one after another into a file that was filled with zeros
before, each followed by ``fdatasync``. The file is removed afterwards.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec

BLOCK_BYTES = 4096
WRITES = 256

#: From here on a disk would hold up the event loop more than a thread costs: half of the batches, or the worst.
INLINE_P50_US_MAX = 2_500
INLINE_P99_US_MAX = 20_000


class SyncLatency(msgspec.Struct, frozen=True):
    """Of ``WRITES`` writes with ``fdatasync`` each."""

    p50_us: int
    p99_us: int

    @property
    def sync_mode(self) -> str:
        """The setting that suits this disk."""
        is_fast = self.p50_us <= INLINE_P50_US_MAX and self.p99_us <= INLINE_P99_US_MAX
        return "inline" if is_fast else "thread"


def measure(directory: Path) -> SyncLatency:
    """Writes and syncs 1 MiB in ``directory``. Raises ``OSError``."""
    path = directory / f".fondaco-measure-{os.getpid()}"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        path.unlink()
        os.pwrite(descriptor, bytes(BLOCK_BYTES * WRITES), 0)
        os.fsync(descriptor)
        block = b"\1" * BLOCK_BYTES
        taken_us = []
        for number in range(WRITES):
            started_ns = time.perf_counter_ns()
            os.pwrite(descriptor, block, number * BLOCK_BYTES)
            os.fdatasync(descriptor)
            taken_us.append((time.perf_counter_ns() - started_ns) // 1000)
    finally:
        os.close(descriptor)
    taken_us.sort()
    return SyncLatency(taken_us[WRITES // 2], taken_us[WRITES * 99 // 100])


def filesystem_type(directory: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The type of the file system that holds ``directory`` (ext4, tmpfs, …), empty where the kernel does not say."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return ""
    found, longest = "", -1
    resolved = directory.resolve()
    for line in lines:
        _, mount_point, kind, *_ = line.split(" ")
        point = Path(mount_point.replace("\\040", " "))
        if resolved.is_relative_to(point) and len(point.parts) >= longest:
            found, longest = kind, len(point.parts)
    return found
