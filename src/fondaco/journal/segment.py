"""The segment being written, and the spare one prepared beside it so that the change to it costs nothing.

A segment is filled with zeros and synced before its first use, so that a later sync writes data and no metadata and a
full disk is met while preparing, never in the middle of a batch. A spare gets its header and its name together with its
first batch: a file named as a segment always begins with a synced header and a synced batch (the journal's very first
one, which begins empty, apart).
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from pathlib import Path
from typing import Final

from fondaco.journal import layout
from fondaco.journal.errors import DiskFull
from fondaco.journal.file_system import File, FileSystem, Task, read_whole

#: Zeros are written and synced in pieces, so that the syncs of batches in between never wait for the whole of it.
_PIECE_BYTES: Final = 1 << 20
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def fill_with_zeros(file: File, start: int, end: int) -> None:
    """Write zeros from ``start`` up to ``end`` and make them durable."""
    zeros = bytes(_PIECE_BYTES)
    for offset in range(start, end, _PIECE_BYTES):
        file.write([memoryview(zeros)[: min(_PIECE_BYTES, end - offset)]], offset)
        file.sync()


def prepare(file_system: FileSystem, path: Path, size_bytes: int, head: bytes = b"") -> File:
    """A file at ``path``, ``head`` and then zeros, durable and open for writing.

    Raises ``OSError``, leaving nothing behind.
    """
    fresh = path.with_name(path.name + ".new")
    file = file_system.create(fresh)
    try:
        fill_with_zeros(file, 0, size_bytes)
        if head:
            file.write([head], 0)
            file.sync()
        file_system.rename(fresh, path)
        file_system.sync_directory(path.parent)
    except BaseException:
        file.close()
        with contextlib.suppress(OSError):
            file_system.remove(fresh)
        raise
    return file


class Spare:
    """Keeps one segment ready. ``missing`` says why there is none, once preparing it has failed.

    ``prepare`` may be called from any thread; the rest belongs to whoever appends.
    """

    def __init__(self, directory: Path, size_bytes: int, file_system: FileSystem) -> None:
        self.size_bytes = size_bytes
        self.missing: str | None = None
        self._path = layout.spare_path(directory)
        self._file_system = file_system
        self._file = self._left_behind()
        self._is_taken = False  # in use, under the spare's name still
        self._task: Task | None = None
        self._starting = threading.Lock()

    def prepare(self) -> None:
        """Begin to prepare one beside the caller, unless one is ready, being prepared, or taken and not yet named."""
        with self._starting:
            if self._task is not None and self._task.is_alive():
                return  # asked first: what it prepares may appear at any moment while it lives
            if self._file is None and not self._is_taken:
                self._task = self._file_system.start(self._prepare)

    def take(self) -> File:
        """The prepared file, to be given its name by ``name``; waits for it if it is being prepared.

        Raises ``DiskFull`` if there is none.
        """
        if self._file is None:
            self.prepare()
        self._wait()
        with self._starting:  # `prepare` in another thread must not see it gone and not yet taken
            if self._file is None:
                raise DiskFull(self.missing or f"{self._path} could not be prepared")
            file, self._file = self._file, None
            self._is_taken = True
        return file

    def name(self, path: Path) -> None:
        """Give the file that was taken its name as a segment, durably."""
        self._file_system.rename(self._path, path)
        self._file_system.sync_directory(path.parent)
        self._is_taken = False

    def close(self) -> None:
        self._wait()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _wait(self) -> None:
        if self._task is not None:
            self._task.join()

    def _prepare(self) -> None:
        try:
            self._file = prepare(self._file_system, self._path, self.size_bytes)
        except OSError as error:
            segment = f"the next segment of {self.size_bytes} bytes in {self._path.parent}"
            if error.errno in _FULL:
                what = f"no room for {segment} (no space left): free some space there"
            else:
                what = f"{segment} could not be prepared ({os.strerror(error.errno or 0)}): see what ails that disk"
            self.missing = f"{what}; nothing acknowledged is lost, and intake goes on by itself"
        else:
            self.missing = None

    def _left_behind(self) -> File | None:
        """The spare of the process before, if it may be used: whole and still all zeros. Otherwise it is removed."""
        names = self._file_system.names(self._path.parent)
        if self._path.name not in names:
            return None
        if read_whole(self._file_system, self._path) != bytes(self.size_bytes):
            self._file_system.remove(self._path)
            return None
        file = self._file_system.open(self._path, writable=True)
        file.sync()
        return file
