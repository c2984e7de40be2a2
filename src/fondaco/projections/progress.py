"""How far the projector is, told to the desks through shared memory.

Two words in a file that both processes map, each written by one side and read by the other without a lock: ``seq``,
the last command whose rows are committed, set after the commit, and ``wanted``, the newest command a desk waits for,
which wakes a projector at rest. They are hints, never the truth about the rows: the checkpoint in the database is. So
whoever starts sets ``seq`` to 0, and the projector repeats it at every poll.
"""

from __future__ import annotations

import mmap
import os
import stat
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from fondaco.journal.file_system import FILE_MODE

FILE_NAME: Final = "projections.progress"
_WORD_BYTES: Final = 8
_SIZE_BYTES: Final = 2 * _WORD_BYTES


def tighten(file: int) -> None:
    """Take from an open file what ``FILE_MODE`` does not give: an earlier release left it readable by all."""
    mode = stat.S_IMODE(os.fstat(file).st_mode)
    if mode & ~FILE_MODE:
        os.fchmod(file, mode & FILE_MODE)


def committed_seq(directory: Path) -> int:
    """``Progress.seq`` for one look from outside, which makes no file; 0 where there is none."""
    try:
        words = (directory / FILE_NAME).read_bytes()
    except FileNotFoundError:
        return 0
    return int.from_bytes(words[:_WORD_BYTES], sys.byteorder)


class Progress:
    """The shared words of one data directory; the file is made where it is missing."""

    def __init__(self, directory: Path) -> None:
        file = os.open(directory / FILE_NAME, os.O_RDWR | os.O_CREAT, FILE_MODE)
        try:
            tighten(file)
            if os.fstat(file).st_size != _SIZE_BYTES:
                os.ftruncate(file, _SIZE_BYTES)
            self._map = mmap.mmap(file, _SIZE_BYTES)
        finally:
            os.close(file)
        self._words = memoryview(self._map).cast("q")

    @property
    def seq(self) -> int:
        """The last command whose rows are committed."""
        return self._words[0]

    @seq.setter
    def seq(self, seq: int) -> None:
        self._words[0] = seq

    @property
    def wanted(self) -> int:
        """The newest command that a desk waits for, or has waited for."""
        return self._words[1]

    @wanted.setter
    def wanted(self, seq: int) -> None:
        self._words[1] = seq

    def close(self) -> None:
        self._words.release()
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()
