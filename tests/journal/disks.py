"""A disk in memory that forgets: what was not covered by a completed sync is discarded or torn, byte by byte.

``CrashingDisk`` keeps beside the present state of each file what is durable and the writes that are not. It counts its
operations and raises ``PowerLoss`` before the one it was told to stop at. ``after_power_loss`` is a disk as the machine
would find it: a seeded choice of what happened to reach the platter.
"""

from __future__ import annotations

import errno
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from fondaco.journal.base import Octets
from fondaco.journal.file_system import FILE_MODE


class PowerLoss(BaseException):
    """The machine stopped. Not an ``Exception``: nothing may catch it and go on."""


class Inode:
    """A file: its present bytes, the durable ones, and the unsynced writes between the two, in order."""

    def __init__(self, mode: int = FILE_MODE) -> None:
        self.mode = mode
        self.present = bytearray()
        self.durable = bytearray()
        self.unsynced: list[tuple[int, bytes]] = []
        self.words: list[tuple[int, bytes]] = []  # mapped stores: each may have reached the disk, or not

    def write(self, content: bytes, offset: int) -> None:
        _put(self.present, content, offset)
        self.unsynced.append((offset, content))

    def sync(self) -> None:
        for offset, content in self.unsynced:
            _put(self.durable, content, offset)
        self.unsynced.clear()

    def found(self, chance: random.Random) -> bytearray:
        """The bytes after a power loss: of each unsynced write nothing, all, a prefix, or scattered pieces."""
        found = bytearray(self.durable)
        for offset, content in self.unsynced:
            fate = chance.randrange(4)
            if fate == 1:
                _put(found, content, offset)
            elif fate == 2:
                _put(found, content[: chance.randrange(len(content) + 1)], offset)
            elif fate == 3:
                _scatter(found, content, offset, chance)
        for offset, content in self.words[: chance.randrange(len(self.words) + 1)]:
            _put(found, content, offset)
        return found


class CrashingDisk:
    """A ``FileSystem`` in memory. ``stop_at`` is the operation before which the power goes; None: never.

    ``free_bytes`` bounds the bytes of all files together, as a full disk does. ``is_lazy`` puts off work beside
    the caller for as long as can be.
    """

    def __init__(self, stop_at: int | None = None, free_bytes: int | None = None, is_lazy: bool = False) -> None:
        self.operations = 0
        self.is_lazy = is_lazy
        self.stop_at = stop_at
        self.free_bytes = free_bytes
        self.fail_syncs = False
        self.present: dict[Path, Inode] = {}
        self.durable: dict[Path, Inode] = {}

    def step(self) -> None:
        if self.stop_at is not None and self.operations >= self.stop_at:
            raise PowerLoss
        self.operations += 1

    def after_power_loss(self, chance: random.Random) -> CrashingDisk:
        """What the machine finds when it starts again: a new disk, everything on it durable."""
        names = dict(self.durable)
        for path in {*self.present, *self.durable}:
            if chance.random() < 0.5:  # this change of the directory happened to reach the disk
                if path in self.present:
                    names[path] = self.present[path]
                else:
                    names.pop(path, None)
        contents = {id(inode): inode.found(chance) for inode in names.values()}
        disk = CrashingDisk(free_bytes=self.free_bytes, is_lazy=self.is_lazy)
        for path, inode in names.items():
            fresh = Inode(inode.mode)
            fresh.present, fresh.durable = bytearray(contents[id(inode)]), bytearray(contents[id(inode)])
            disk.present[path] = disk.durable[path] = fresh
        return disk

    # FileSystem

    def make_directory(self, path: Path) -> None:
        self.step()

    def names(self, path: Path) -> list[str]:
        return sorted(each.name for each in self.present if each.parent == path)

    def create(self, path: Path, mode: int = FILE_MODE) -> CrashingFile:
        self.step()
        self.present[path] = Inode(mode)
        return CrashingFile(self, self.present[path])

    def open(self, path: Path, writable: bool = False) -> CrashingFile:
        return CrashingFile(self, self._inode(path))

    def mode(self, path: Path) -> int:
        return self._inode(path).mode

    def rename(self, source: Path, target: Path) -> None:
        self.step()
        self.present[target] = self.present.pop(source)

    def remove(self, path: Path) -> None:
        self.step()
        del self.present[path]

    def sync_directory(self, path: Path) -> None:
        self.step()
        for each in [each for each in self.durable if each.parent == path]:
            del self.durable[each]
        self.durable.update({each: inode for each, inode in self.present.items() if each.parent == path})

    def map_words(self, path: Path, writable: bool = False) -> CrashingWords:
        return CrashingWords(self, self._inode(path))

    def lock(self, directory: Path) -> CrashingFile:
        return CrashingFile(self, Inode())

    def start(self, work: Callable[[], None]) -> Now | Later:
        return Later(work) if self.is_lazy else Now(work)

    def _inode(self, path: Path) -> Inode:
        if path not in self.present:
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
        return self.present[path]


class CrashingFile:
    def __init__(self, disk: CrashingDisk, inode: Inode) -> None:
        self._disk = disk
        self._inode = inode

    def size_bytes(self) -> int:
        return len(self._inode.present)

    def read(self, length_bytes: int, offset: int) -> bytes:
        return bytes(self._inode.present[offset : offset + length_bytes])

    def write(self, parts: Sequence[Octets], offset: int) -> None:
        self._disk.step()
        content = b"".join(parts)
        if self._disk.free_bytes is not None:
            used = sum(len(inode.present) for inode in self._disk.present.values())
            if used + max(0, offset + len(content) - len(self._inode.present)) > self._disk.free_bytes:
                raise OSError(errno.ENOSPC, "no space left")
        self._inode.write(content, offset)

    def sync(self) -> None:
        self._disk.step()
        if self._disk.fail_syncs:
            raise OSError(errno.EIO, "input/output error")
        self._inode.sync()

    def close(self) -> None:
        pass


class CrashingWords:
    def __init__(self, disk: CrashingDisk, inode: Inode) -> None:
        self._disk = disk
        self._inode = inode

    def __getitem__(self, index: int) -> int:
        return int.from_bytes(self._inode.present[8 * index : 8 * index + 8], "little", signed=True)

    def __setitem__(self, index: int, value: int) -> None:
        content = value.to_bytes(8, "little", signed=True)
        _put(self._inode.present, content, 8 * index)
        self._inode.words.append((8 * index, content))

    def flush(self) -> None:
        self._disk.step()
        for offset, content in self._inode.words:
            _put(self._inode.durable, content, offset)
        self._inode.words.clear()

    def close(self) -> None:
        pass


class Now:
    """Work beside the caller that was quick."""

    def __init__(self, work: Callable[[], None]) -> None:
        work()

    def join(self) -> None:
        pass

    def is_alive(self) -> bool:
        return False


class Later:
    """Work beside the caller that is done only when somebody waits for it."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work: Callable[[], None] | None = work

    def join(self) -> None:
        work, self._work = self._work, None
        if work is not None:
            work()

    def is_alive(self) -> bool:
        return self._work is not None


def _put(target: bytearray, content: bytes, offset: int) -> None:
    if len(target) < offset:
        target.extend(bytes(offset - len(target)))
    target[offset : offset + len(content)] = content


def _scatter(target: bytearray, content: bytes, offset: int, chance: random.Random) -> None:
    """Some pieces of the write reached the disk, in no order: what did not shows zeros or what stood there before."""
    at = 0
    while at < len(content):
        size = chance.randrange(1, 64)
        if chance.random() < 0.5:
            _put(target, content[at : at + size], offset + at)
        at += size
