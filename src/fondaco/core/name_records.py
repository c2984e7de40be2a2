"""Records of named orders: where they lie, packed, each in as many words as it takes.

A record is a few fields by place, then bytes: the name, the request it stood in and the rows that answered it. Request
and rows are words that are mostly zeros, so they are packed as Cap'n Proto packs words: of each a byte that tells which
of its eight bytes are not zero, then those. A plain order's record takes some 150 bytes where it would take 230.

All lie in one arena and are known by their first word. What is freed is given to the next record of as many words; of
its first word a free record names the next. Cost: about 100 ns to keep one or to read its rows back.

Known limits: room that was freed serves records of its size alone (names and answers are of few sizes), and places
have 31 bits: 16 GB of records, a hundred million.
"""

from __future__ import annotations

import cython

from fondaco.core.arena import Arena, nothing

#: Fields of a record. What a record is linked with, and where, is the business of client_orders.py.
E_ORDER = cython.declare(cython.longlong, 0)
E_USER = cython.declare(cython.longlong, 1)
E_FORGET = cython.declare(cython.longlong, 2)  # when; 0: the order is open
E_CHAINS = cython.declare(cython.longlong, 3)  # the next of its bucket by name (32) | by order (31)
E_ENDED = cython.declare(cython.longlong, 4)  # which ended before it (32) | after it (31)
E_HASH = cython.declare(cython.longlong, 5)  # of user and name (31, above) | which of its user's ended after it (31)
E_SIZES = cython.declare(cython.longlong, 6)  # bytes: request and rows, packed (16) | request | rows | name (16 each)
E_WORDS = cython.declare(cython.longlong, 7)

NAME_BYTES_MAX = cython.declare(cython.longlong, 32)
#: A request with options and two rows.
PLAIN_BYTES_MAX = cython.declare(cython.longlong, 8 * (7 + 32))
#: A record at its largest: none of the words packed has a zero.
_ENTRY_WORDS_MAX = cython.declare(cython.longlong, 7 + (32 + 9 * (7 + 32)) // 8 + 1)
_WORDS_MIN = 1 << 13


class NameRecords:
    """Packed records. ``words`` are their fields; 0 is no record."""

    def __init__(self):
        self.arena = Arena("q", _WORDS_MIN)
        self.words = self.arena.view()
        self.octets = self.arena.view().cast("B")
        self.end = E_WORDS
        self.free = memoryview(bytearray(8 * (_ENTRY_WORDS_MAX + 1))).cast("q")
        self.draft = memoryview(bytearray(NAME_BYTES_MAX + 2 * PLAIN_BYTES_MAX))

    def keep(self, name: bytes, request: bytes, rows: bytes) -> cython.longlong:
        """A new record of a name; the caller sets the fields but ``E_SIZES``. ValueError for what is too long."""
        name_bytes: cython.longlong = len(name)
        plain_bytes: cython.longlong = len(request) + len(rows)
        if name_bytes > NAME_BYTES_MAX or plain_bytes > PLAIN_BYTES_MAX or plain_bytes & 7:
            raise ValueError(
                f"a name of {name_bytes} bytes with {plain_bytes} of request and rows; at most {NAME_BYTES_MAX} and "
                f"{PLAIN_BYTES_MAX} are kept, in whole words of 8"
            )
        place: cython.longlong
        for place in range(name_bytes):
            self.draft[place] = name[place]
        end: cython.longlong = self.pack(rows, self.pack(request, name_bytes))
        entry: cython.longlong = self.allocate(E_WORDS + (end + 7) // 8)
        start: cython.longlong = (entry + E_WORDS) * 8
        for place in range(end):
            self.octets[start + place] = self.draft[place]
        self.words[entry + E_SIZES] = ((end - name_bytes) << 48) | (len(request) << 32) | (len(rows) << 16) | name_bytes
        return entry

    def drop(self, entry: cython.longlong) -> None:
        """Give the room of a record back."""
        words: cython.longlong = self.size_words(entry)
        self.words[entry] = self.free[words]
        self.free[words] = entry

    def is_named(self, entry, name):
        """Whether a record is of this name."""
        length: cython.longlong = len(name)
        start: cython.longlong = (entry + E_WORDS) * 8
        place: cython.longlong
        if self.words[entry + E_SIZES] & 0xFFFF != length:
            return 0
        for place in range(length):
            if self.octets[start + place] != name[place]:
                return 0
        return 1

    def name(self, entry: cython.longlong) -> bytes:
        """The name."""
        start: cython.longlong = (entry + E_WORDS) * 8
        length: cython.longlong = self.words[entry + E_SIZES] & 0xFFFF
        place: cython.longlong
        for place in range(length):
            self.draft[place] = self.octets[start + place]
        return self.drafted(0, length)

    def request(self, entry: cython.longlong) -> bytes:
        """What its sender asked for."""
        self.unpack(entry)
        return self.drafted(0, (self.words[entry + E_SIZES] >> 32) & 0xFFFF)

    def rows(self, entry: cython.longlong) -> bytes:
        """What its sender was answered."""
        sizes: cython.longlong = self.words[entry + E_SIZES]
        self.unpack(entry)
        return self.drafted((sizes >> 32) & 0xFFFF, ((sizes >> 32) & 0xFFFF) + ((sizes >> 16) & 0xFFFF))

    def unpack(self, entry):
        """Write request and rows, as they were before they were packed, into the draft."""
        sizes: cython.longlong = self.words[entry + E_SIZES]
        length: cython.longlong = ((sizes >> 32) & 0xFFFF) + ((sizes >> 16) & 0xFFFF)
        at: cython.longlong = (entry + E_WORDS) * 8 + (sizes & 0xFFFF)
        first: cython.longlong
        place: cython.longlong
        tag: cython.longlong
        for first in range(0, length, 8):
            tag = self.octets[at]
            at += 1
            for place in range(first, first + 8):
                self.draft[place] = 0
                if tag & 1:
                    self.draft[place] = self.octets[at]
                    at += 1
                tag >>= 1

    def drafted(self, start, end):
        """A part of the draft."""
        if cython.compiled:
            return cython.cast(cython.p_char, cython.address(self.draft[start]))[: end - start]
        return bytes(self.draft[start:end])

    def pack(self, words, at):
        """Write words, packed, into the draft from ``at``; answers where they end."""
        length: cython.longlong = len(words)
        first: cython.longlong
        place: cython.longlong
        tag: cython.longlong
        tag_at: cython.longlong
        for first in range(0, length, 8):
            tag = 0
            tag_at = at
            at += 1
            for place in range(8):
                if words[first + place]:
                    self.draft[at] = words[first + place]
                    at += 1
                    tag |= 1 << place
            self.draft[tag_at] = cython.cast(cython.uchar, tag)
        return at

    def size_words(self, entry):
        sizes: cython.longlong = self.words[entry + E_SIZES]
        return E_WORDS + ((sizes & 0xFFFF) + (sizes >> 48) + 7) // 8

    def allocate(self, words):
        entry: cython.longlong = self.free[words]
        if entry != 0:
            self.free[words] = self.words[entry]
            return entry
        size: cython.longlong = self.words.shape[0]
        if self.end + words > size:
            self.words = nothing()
            self.octets = nothing().cast("B")
            view = self.arena.grow(2 * size)
            self.words = view
            self.octets = view.cast("B")
        entry = self.end
        self.end += words
        return entry
