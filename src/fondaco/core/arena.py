"""Arenas: flat arrays of words that grow without being copied.

Records of the compiled core lie in arenas and name each other by their place, so an arena may move but a place never
changes. Memory is an anonymous mapping of the process: it starts zeroed, takes room only where it is touched, begins on
a page (so a record of 16 words fills two cache lines and no third), and grows by moving its page table entries: some
microseconds, whatever its size. Nothing here is a file.

Invariant: whoever grows an arena has let go of every view of it before.
"""

from __future__ import annotations

import mmap
from contextlib import suppress
from typing import Final, Literal

Word = Literal["q", "i", "Q", "B"]
_PAGE = mmap.PAGESIZE
_MADV_HUGEPAGE: Final[int | None] = getattr(mmap, "MADV_HUGEPAGE", None)
_WIDE_PAGES_MIN: Final = 4 << 20
_SIZES = {"q": 8, "i": 4, "Q": 8, "B": 1}


class Arena:
    """At least ``count`` zeroed words: 64-bit ``q``, unsigned ``Q``, 32-bit ``i``, or bytes ``B``."""

    def __init__(self, word: Word, count: int) -> None:
        self._word = word
        self._map = mmap.mmap(-1, self._size(count), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._widen_pages()

    def view(self) -> memoryview:
        return memoryview(self._map).cast(self._word)

    def grow(self, count: int) -> memoryview:
        """The same words and zeroed ones after them, ``count`` or more in all."""
        if self._size(count) > len(self._map):
            self._map.resize(self._size(count))
            self._widen_pages()
        return self.view()

    def _widen_pages(self) -> None:
        """Ask for pages of 2 MiB where the arena fills some: a place anywhere in it is found with fewer look-ups."""
        if len(self._map) >= _WIDE_PAGES_MIN and _MADV_HUGEPAGE is not None:
            with suppress(OSError):  # a kernel without them
                self._map.madvise(_MADV_HUGEPAGE)

    def _size(self, count: int) -> int:
        return -(-count * _SIZES[self._word] // _PAGE) * _PAGE


def nothing() -> memoryview:
    """What a view points to while its arena grows."""
    return memoryview(bytearray(8)).cast("q")
