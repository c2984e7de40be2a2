"""Price levels far from the touch: sorted, in blocks, for whatever lies outside the window of a book's side.

A level is three words (key, ends, lots; see ``layout.py``). Levels lie in blocks of up to ``BLOCK_LEVELS`` in order of
their keys, and a directory lists the blocks in order, so that a level that comes or goes shifts a part of one block and
nothing else. A full block splits in two, an empty one leaves the directory. Cost: O(log levels) to find, at most 1 KiB
moved to change, and the directory shifted (16 bytes a block) once in some 32 insertions: 0.1 to 0.3 µs at a million
levels.

Invariants: keys ascend strictly through the directory; no listed block is empty.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.layout import BLOCK_LEVELS

from fondaco.core.arena import Arena, nothing

#: What is said for a key where there is no level.
NO_LEVEL = cython.declare(cython.longlong, -(1 << 62) - 2)


class FarLevels:
    """The far levels of one side, by key: the best one is last."""

    def __init__(self):
        self.count = 0
        self.blocks = 0  # in the directory
        self.block_end = 0  # ever made
        self.free_block = -1
        self.arenas = [Arena("q", 3 * 64), Arena("q", 4), Arena("q", 4)]
        self.words = self.arenas[0].view()  # by block: its keys, then their ends, then their lots
        self.sizes = self.arenas[1].view()  # by block: how many levels; of a free block: the next free one
        self.directory = self.arenas[2].view()  # blocks in order

    def key_at(self, place, within):
        return self.words[self.directory[place] * 3 * BLOCK_LEVELS + within]

    def best_key(self):
        """The highest key; there must be one."""
        return self.key_at(self.blocks - 1, self.sizes[self.directory[self.blocks - 1]] - 1)

    def block_of(self, key):
        """The place in the directory where a key is, or belongs: the last block that does not begin above it."""
        low: cython.longlong = 0
        high: cython.longlong = self.blocks - 1
        middle: cython.longlong
        while low < high:
            middle = (low + high + 1) >> 1
            if self.key_at(middle, 0) <= key:
                low = middle
            else:
                high = middle - 1
        return low

    def within(self, place, key):
        """How many levels of a block are below a key."""
        base: cython.longlong = self.directory[place] * 3 * BLOCK_LEVELS
        low: cython.longlong = 0
        high: cython.longlong = self.sizes[self.directory[place]]
        middle: cython.longlong
        while low < high:
            middle = (low + high) >> 1
            if self.words[base + middle] < key:
                low = middle + 1
            else:
                high = middle
        return low

    def level_below(self, key):
        """The highest key below a key, or ``NO_LEVEL``; there must be a level."""
        place: cython.longlong = self.block_of(key)
        within: cython.longlong = self.within(place, key)
        if within != 0:
            return self.key_at(place, within - 1)
        if place == 0:
            return NO_LEVEL
        return self.key_at(place - 1, self.sizes[self.directory[place - 1]] - 1)

    def find(self, key):
        """Where the ends of a level stand in ``words`` (its lots ``BLOCK_LEVELS`` further), or −1 if it is not here."""
        if self.blocks == 0:
            return -1
        place: cython.longlong = self.block_of(key)
        block: cython.longlong = self.directory[place]
        within: cython.longlong = self.within(place, key)
        base: cython.longlong = block * 3 * BLOCK_LEVELS + within
        if within == self.sizes[block] or self.words[base] != key:
            return -1
        return base + BLOCK_LEVELS

    def insert(self, key):
        """A new level without ends and lots; answers as ``find``."""
        if self.blocks == 0:
            self.list_block(0)
        place: cython.longlong = self.block_of(key)
        if self.sizes[self.directory[place]] == BLOCK_LEVELS:
            self.split(place)
            if self.key_at(place + 1, 0) <= key:
                place += 1
        block: cython.longlong = self.directory[place]
        within: cython.longlong = self.within(place, key)
        base: cython.longlong = block * 3 * BLOCK_LEVELS
        part: cython.longlong
        shift: cython.longlong
        for part in range(3):
            shift = base + part * BLOCK_LEVELS + self.sizes[block]
            while shift > base + part * BLOCK_LEVELS + within:
                self.words[shift] = self.words[shift - 1]
                shift -= 1
        self.words[base + within] = key
        self.words[base + BLOCK_LEVELS + within] = 0
        self.words[base + 2 * BLOCK_LEVELS + within] = 0
        self.sizes[block] += 1
        self.count += 1
        return base + BLOCK_LEVELS + within

    def remove(self, key):
        """Forget a level that is here."""
        place: cython.longlong = self.block_of(key)
        block: cython.longlong = self.directory[place]
        within: cython.longlong = self.within(place, key)
        base: cython.longlong = block * 3 * BLOCK_LEVELS
        self.sizes[block] -= 1
        part: cython.longlong
        shift: cython.longlong
        for part in range(3):
            shift = base + part * BLOCK_LEVELS + within
            while shift < base + part * BLOCK_LEVELS + self.sizes[block]:
                self.words[shift] = self.words[shift + 1]
                shift += 1
        self.count -= 1
        if self.sizes[block] == 0:
            self.blocks -= 1
            shift = place
            while shift < self.blocks:
                self.directory[shift] = self.directory[shift + 1]
                shift += 1
            self.sizes[block] = self.free_block
            self.free_block = block

    def list_block(self, place):
        """Put an empty block into the directory; answers its number."""
        block: cython.longlong = self.free_block
        size: cython.longlong
        if block >= 0:
            self.free_block = self.sizes[block]
        else:
            if self.block_end == self.sizes.shape[0] or (self.block_end + 1) * 3 * BLOCK_LEVELS > self.words.shape[0]:
                size = 2 * (self.block_end + 1)
                self.words = nothing()
                self.words = self.arenas[0].grow(size * 3 * BLOCK_LEVELS)
                self.sizes = nothing()
                self.sizes = self.arenas[1].grow(size)
                self.directory = nothing()
                self.directory = self.arenas[2].grow(size)
            block = self.block_end
            self.block_end += 1
        self.sizes[block] = 0
        shift: cython.longlong = self.blocks
        while shift > place:
            self.directory[shift] = self.directory[shift - 1]
            shift -= 1
        self.directory[place] = block
        self.blocks += 1
        return block

    def split(self, place):
        """Move the upper half of a full block into a new one behind it."""
        full: cython.longlong = self.directory[place]
        block: cython.longlong = self.list_block(place + 1)
        half: cython.longlong = BLOCK_LEVELS // 2
        part: cython.longlong
        within: cython.longlong
        for part in range(3):
            for within in range(half):
                self.words[(block * 3 + part) * BLOCK_LEVELS + within] = self.words[
                    (full * 3 + part) * BLOCK_LEVELS + half + within
                ]
        self.sizes[full] = half
        self.sizes[block] = half
        return 0

    def at(self, place, within):
        """The level that stands so far down the directory, as ``find`` answers it."""
        return self.directory[place] * 3 * BLOCK_LEVELS + BLOCK_LEVELS + within
