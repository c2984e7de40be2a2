"""The rows of a batch as they are written, and what stands in every one of them: sequence, time and sender.

Rows are laid out in ``events.py``. They lie in one buffer that is used again for each batch and grows at powers of two.
Cost: a row is 128 bytes copied or set, some 5 ns.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.layout import (
        O_EXTRA,
        O_ID,
        O_PRICE,
        O_TERMS,
        O_USER,
        ROW_WORDS,
        X_DISPLAY,
        X_EXPIRE,
        X_LIMIT,
        X_TRAIL,
        X_TRIGGER,
        X_TRIGGER_PRICE,
    )
    from fondaco.core.order_table import OrderTable

from fondaco.core import events
from fondaco.core.arena import Arena, nothing

ROWS_MIN = 1024

REJECT = cython.declare(cython.longlong, events.EventKind.REJECT)
FACT = cython.declare(cython.longlong, events.EventKind.FACT)
OPTIONS = cython.declare(cython.longlong, events.EventKind.OPTIONS)
IS_ANSWER = cython.declare(cython.longlong, events.IS_ANSWER)
HAS_OPTIONS = cython.declare(cython.longlong, events.HAS_OPTIONS)
IS_WAITING = cython.declare(cython.longlong, events.IS_WAITING)
TERMS_OF_OPTIONS = cython.declare(cython.longlong, 0x00FF_FFFF_FFFF_0000)  # side to execution, without flags


class Rows:
    """The rows written since ``begin``. ``user`` sent the command at hand, on the market ``market_id``."""

    def __init__(self, table: OrderTable):
        self.table = table
        self.arena = Arena("q", ROW_WORDS * ROWS_MIN)
        self.words = self.arena.view()
        self.end = 0
        self.seq = 1
        self.time_us = 0
        self.user = 0
        self.market_id = 0

    def room(self, rows):
        """Make place for that many more rows; answers where they begin."""
        size: cython.longlong
        if self.end + rows * ROW_WORDS > self.words.shape[0]:
            size = self.words.shape[0] + rows * ROW_WORDS
            self.words = nothing()
            self.words = self.arena.grow(2 * size)
        return self.end

    def order(self, order, kind_and_cause, finish, flags):
        """The order as it stands; ``flags`` are those of this step."""
        row: cython.longlong = self.room(2)
        options: cython.longlong = self.table.words[order + O_EXTRA] >> 32
        if options != 0:
            self.options(order, options)
            row = self.end
        if cython.compiled:
            memcpy(cython.address(self.words[row]), cython.address(self.table.words[order]), ROW_WORDS * 8)
        else:
            self.words[row : row + ROW_WORDS] = self.table.words[order : order + ROW_WORDS]
        self.words[row] |= kind_and_cause | (flags << 56)
        self.words[row + 1] = self.seq
        if options != 0:
            if (self.table.words[order + O_TERMS] >> 56) & IS_WAITING:
                self.words[row + O_PRICE] = self.table.options[options + X_LIMIT]
        self.words[row + 14] = finish
        self.words[row + 15] = self.user
        self.end += ROW_WORDS
        return 0

    def options(self, order, options):
        """The row that precedes the ORDER row of an order with options."""
        row: cython.longlong = self.end
        place: cython.longlong
        for place in range(9, ROW_WORDS):
            self.words[row + place] = 0
        self.words[row] = OPTIONS | (self.table.words[order + O_TERMS] & TERMS_OF_OPTIONS)
        self.words[row + 1] = self.seq
        self.words[row + 2] = self.table.words[order + O_ID]
        self.words[row + 3] = self.table.words[order + O_USER]
        self.words[row + 4] = self.table.options[options + X_TRIGGER]
        self.words[row + 5] = self.table.options[options + X_TRIGGER_PRICE]
        self.words[row + 6] = self.table.options[options + X_TRAIL]
        self.words[row + 7] = self.table.options[options + X_DISPLAY]
        self.words[row + 8] = self.table.options[options + X_EXPIRE]
        self.end += ROW_WORDS

    def options_row(self, order: cython.longlong) -> tuple[int, ...] | None:
        """The OPTIONS row of an open order as it stands, or ``None`` if it has no options."""
        options: cython.longlong = self.table.words[order + O_EXTRA] >> 32
        row: cython.longlong = self.room(1)
        if options == 0:
            return None
        self.options(order, options)
        self.end = row
        return tuple([self.words[row + place] for place in range(ROW_WORDS)])

    def reject(self, reason, bound, value):
        """The command at hand is refused."""
        row: cython.longlong = self.room(1)
        place: cython.longlong
        for place in range(6, ROW_WORDS):
            self.words[row + place] = 0
        self.words[row] = REJECT | (self.market_id << 32) | (IS_ANSWER << 56)
        self.words[row + 1] = self.seq
        self.words[row + 2] = reason
        self.words[row + 3] = self.user
        self.words[row + 4] = bound
        self.words[row + 5] = value
        self.end += ROW_WORDS
        return 0

    def fact(self, index: cython.longlong, user: cython.longlong, is_answer: cython.longlong) -> None:
        """A fact: the answer of the rare command at hand, or (``is_answer`` 0) what time brought about."""
        row: cython.longlong = self.room(1)
        place: cython.longlong
        for place in range(4, ROW_WORDS):
            self.words[row + place] = 0
        self.words[row] = FACT | (is_answer << 56)
        self.words[row + 1] = self.seq
        self.words[row + 2] = index
        self.words[row + 3] = user
        self.end += ROW_WORDS

    def repeat(self, answer: bytes) -> None:
        """Rows once written are the answer again, under the sequence of this command."""
        words = memoryview(answer).cast("q")
        count: cython.longlong = len(words)
        first: cython.longlong = self.room(2)
        place: cython.longlong
        for place in range(count):
            self.words[first + place] = words[place]
        for place in range(0, count, ROW_WORDS):
            self.words[first + place + 1] = self.seq
        self.words[first + count - ROW_WORDS] += events.EventKind.ORDER_REPEATED - events.EventKind.ORDER
        self.end += count

    def last(self) -> bytes:
        """The last row, with the OPTIONS row that belongs to it."""
        start: cython.longlong = self.end - ROW_WORDS
        if (self.words[start] >> 56) & HAS_OPTIONS:
            start -= ROW_WORDS
        return bytes(memoryview(self.words)[start : self.end])

    def copy(self) -> bytes:
        """All rows."""
        if cython.compiled:
            return PyBytes_FromStringAndSize(cython.cast(cython.p_char, cython.address(self.words[0])), self.end * 8)
        return bytes(memoryview(self.words)[: self.end])
