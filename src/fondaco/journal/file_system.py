"""The seam to the disk: the few operations the journal needs, so that a test can stand a crashing disk behind them.

What a caller may rely on, and what the crashing disk of the tests enforces: written bytes are durable only after
``File.sync``; a created, renamed or removed name only after ``sync_directory`` of its directory; a mapped word may
reach the disk at any time after it was set, or not at all. Every error is an ``OSError``.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from fondaco.journal.base import Octets
from fondaco.journal.lock import DirectoryLock

FILE_MODE: Final = 0o640
DIRECTORY_MODE: Final = 0o750
SLICE_BYTES: Final = 1 << 20


class File(Protocol):
    """An open file, addressed by offset."""

    def size_bytes(self) -> int: ...

    def read(self, length_bytes: int, offset: int) -> bytes:
        """Up to ``length_bytes`` from ``offset``: fewer only at the end of the file."""

    def write(self, parts: Sequence[Octets], offset: int) -> None:
        """All the parts, one after the other, from ``offset``."""

    def sync(self) -> None:
        """Everything written is durable when this returns."""

    def close(self) -> None: ...


class MappedWords(Protocol):
    """A file of 64-bit words shared between processes. One word is set and read whole."""

    def __getitem__(self, index: int) -> int: ...

    def __setitem__(self, index: int, value: int) -> None: ...

    def flush(self) -> None:
        """What was set is durable when this returns."""

    def close(self) -> None: ...


class Closing(Protocol):
    def close(self) -> None: ...


class Task(Protocol):
    """Work that runs beside the caller."""

    def join(self) -> None: ...

    def is_alive(self) -> bool: ...


class FileSystem(Protocol):
    """A disk."""

    def make_directory(self, path: Path) -> None:
        """Make the directory and those above it, durably, unless it is there."""

    def names(self, path: Path) -> list[str]:
        """The names in a directory, sorted; none if there is no such directory."""

    def create(self, path: Path, mode: int = FILE_MODE) -> File:
        """A new empty file; one of that name is emptied."""

    def open(self, path: Path, writable: bool = False) -> File: ...

    def mode(self, path: Path) -> int:
        """Who may do what with the file, as ``st_mode``."""

    def rename(self, source: Path, target: Path) -> None: ...

    def remove(self, path: Path) -> None: ...

    def sync_directory(self, path: Path) -> None: ...

    def map_words(self, path: Path, writable: bool = False) -> MappedWords: ...

    def lock(self, directory: Path) -> Closing:
        """Own the data directory until closed. Raises ``DirectoryLocked``."""

    def start(self, work: Callable[[], None]) -> Task:
        """Run ``work`` beside the caller."""


class _DiskFile:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def size_bytes(self) -> int:
        return os.fstat(self._descriptor).st_size

    def read(self, length_bytes: int, offset: int) -> bytes:
        piece = os.pread(self._descriptor, length_bytes, offset)
        if len(piece) == length_bytes or not piece:
            return piece
        pieces = [piece]
        have = len(piece)
        while have < length_bytes and (piece := os.pread(self._descriptor, length_bytes - have, offset + have)):
            pieces.append(piece)
            have += len(piece)
        return b"".join(pieces)

    def write(self, parts: Sequence[Octets], offset: int) -> None:
        total = sum(len(part) for part in parts)
        written = os.pwritev(self._descriptor, parts, offset)
        if written < total:
            rest = memoryview(b"".join(parts))
            while written < total:
                written += os.pwrite(self._descriptor, rest[written:], offset + written)

    def sync(self) -> None:
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


class _DiskWords:
    def __init__(self, path: Path, writable: bool) -> None:
        descriptor = os.open(path, (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC)
        try:
            if not os.fstat(descriptor).st_size:
                raise OSError(f"{path} is empty")
            access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
            self._map = mmap.mmap(descriptor, 0, access=access)
        finally:
            os.close(descriptor)
        self._words = memoryview(self._map).cast("q")

    def __getitem__(self, index: int) -> int:
        return self._words[index]

    def __setitem__(self, index: int, value: int) -> None:
        self._words[index] = value

    def flush(self) -> None:
        self._map.flush()

    def close(self) -> None:
        self._words.release()
        self._map.close()


class Disk:
    """The disk of this machine."""

    def make_directory(self, path: Path) -> None:
        missing = [each for each in (path, *path.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
            self.sync_directory(each.parent)

    def names(self, path: Path) -> list[str]:
        try:
            return sorted(each.name for each in path.iterdir())
        except FileNotFoundError:
            return []

    def create(self, path: Path, mode: int = FILE_MODE) -> File:
        return _DiskFile(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode))

    def open(self, path: Path, writable: bool = False) -> File:
        return _DiskFile(os.open(path, (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC))

    def mode(self, path: Path) -> int:
        return path.stat().st_mode

    def rename(self, source: Path, target: Path) -> None:
        source.rename(target)

    def remove(self, path: Path) -> None:
        path.unlink()

    def sync_directory(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def map_words(self, path: Path, writable: bool = False) -> MappedWords:
        return _DiskWords(path, writable)

    def lock(self, directory: Path) -> Closing:
        return DirectoryLock(directory)

    def start(self, work: Callable[[], None]) -> Task:
        thread = threading.Thread(target=work, name="fondaco-spare", daemon=True)
        thread.start()
        return thread


DISK: Final[FileSystem] = Disk()


def read_whole(file_system: FileSystem, path: Path) -> bytes:
    """A whole file. Raises ``FileNotFoundError``."""
    file = file_system.open(path)
    try:
        return file.read(file.size_bytes(), 0)
    finally:
        file.close()


def replace(file_system: FileSystem, path: Path, parts: Sequence[Octets], mode: int = FILE_MODE) -> None:
    """Put a file in place whole and durably: after a crash it is the old one or the new one, never a mixture.

    It is synced slice by slice, so that whoever else syncs meanwhile waits for one slice and not for a large file.
    """
    fresh = path.with_name(path.name + ".new")
    file = file_system.create(fresh, mode)
    try:
        offset = 0
        for part in parts:
            octets = memoryview(part)
            for begin in range(0, len(octets), SLICE_BYTES):
                file.write([octets[begin : begin + SLICE_BYTES]], offset + begin)
                if begin + SLICE_BYTES < len(octets):
                    file.sync()
            offset += len(octets)
        file.sync()
    finally:
        file.close()
    file_system.rename(fresh, path)
    file_system.sync_directory(path.parent)
