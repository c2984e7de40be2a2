"""One process owns a data directory: two would both acknowledge the same sequence, and one log would be lost.

The lock is the kernel's (``flock``), so it goes with the process however it ends, ``kill -9`` included. The file holds
the owner's process id only to name it in a refusal; a number left behind means nothing. The file is never removed:
between a removal and a new lock two owners would fit. Known limit: it holds within one machine, so a directory on a
network file system must not be opened from two machines.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from fondaco.journal import layout
from fondaco.journal.errors import DirectoryLocked


class DirectoryLock:
    """Owns ``directory`` from construction until ``close``. Raises ``DirectoryLocked``, naming the owner."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o750)
        path = layout.lock_path(directory)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _owner(self._descriptor)
            os.close(self._descriptor)
            who = f"process {pid}" if pid else "another process"
            raise DirectoryLocked(
                f"{directory} belongs to {who}; stop that one, or give this one another directory with --data", pid
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Let go of the directory; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> DirectoryLock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def owner(directory: Path) -> int | None:
    """The process that owns ``directory`` at this moment (0: not known which), or None if none does."""
    try:
        descriptor = os.open(layout.lock_path(directory), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _owner(descriptor)
    finally:
        os.close(descriptor)
    return None


def _owner(descriptor: int) -> int:
    text = os.pread(descriptor, 20, 0).strip()
    return int(text) if text.isdigit() else 0
