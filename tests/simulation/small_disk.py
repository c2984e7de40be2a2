"""A disk that is full whenever the test says so: a small tmpfs where one may be mounted, else the kernel's bound on the
size of files. Either way the house meets the kernel's own refusal to write.
"""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from fondaco.journal.file import SEGMENT_BYTES

#: Room for some segments and for history with its write-ahead log.
SIZE_BYTES = 6 * SEGMENT_BYTES
#: What is left on a full disk: for history while the disk is full, but not for one segment more.
LEFT_BYTES = SEGMENT_BYTES // 2


class SmallDisk(Protocol):
    """``path`` is where it is."""

    path: Path

    def fill(self, pid: int) -> None:
        """No room for another segment, for that process at least."""

    def empty(self, pid: int) -> None:
        """Room again."""


class Tmpfs:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self, pid: int) -> None:
        free_bytes = os.statvfs(self.path).f_bavail * os.statvfs(self.path).f_frsize
        self._ballast.write_bytes(bytes(free_bytes - LEFT_BYTES))

    def empty(self, pid: int) -> None:
        self._ballast.unlink()


class BoundedFiles:
    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (SEGMENT_BYTES // 2, resource.RLIM_INFINITY))

    def empty(self, pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def small_disk(path: Path) -> Iterator[SmallDisk]:
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "tmpfs", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        yield BoundedFiles(path)
        return
    try:
        yield Tmpfs(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)
