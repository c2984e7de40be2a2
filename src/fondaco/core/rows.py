"""The rows of a batch as they are written, and what stands in every one of them: sequence, time and sender.

Rows are laid out in ``events.py``. They are written where they are handed over: into a bytes object that nobody else
has seen yet, of the size that a batch mostly needs, which doubles where it is too small and is cut to what was written.
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
        if not cython.compiled:
            self.buffer = bytearray()
        self.capacity = 0
        self.begin(0)
        self.seq = 1
        self.time_us = 0
        self.user = 0
        self.market_id = 0

    def begin(self, batch_words):
        """Rows start anew, for a batch of so many words. A plain order has five and is one row; others may be some."""
        self.end = 0
        self.likely = ROW_WORDS + max(0, batch_words - 5) * 6

    def room(self, rows):
        """Make place for that many more rows; answers where they begin."""
        if self.end + rows * ROW_WORDS > self.capacity:
            self.widen(max(self.likely, 2 * self.capacity, self.end + rows * ROW_WORDS))
        return self.end

    def widen(self, capacity):
        """A buffer of so many words, with what was written so far."""
        if cython.compiled:
            wider: cython.pointer(PyObject) = PyBytes_FromStringAndSize(cython.NULL, capacity * 8)
            start: cython.p_char = PyBytes_AS_STRING(wider)
            if self.end != 0:
                memcpy(start, self.words, self.end * 8)
            Py_XDECREF(self.buffer)
            self.buffer = wider
            self.words = cython.cast(cython.p_longlong, start)
        else:
            self.buffer = self.buffer[: self.end * 8].ljust(capacity * 8, b"\0")
            self.words = memoryview(self.buffer).cast("q")
        self.capacity = capacity
        return 0

    def take(self) -> bytes:
        """All rows, and no buffer any more."""
        if self.end == 0:
            return b""
        is_full: cython.bint = self.end == self.capacity
        self.capacity = 0
        self.likely = ROW_WORDS
        if cython.compiled:
            if not is_full:
                _PyBytes_Resize(cython.address(self.buffer), self.end * 8)
            rows = cython.cast(object, self.buffer)
            Py_XDECREF(self.buffer)
            self.buffer = cython.NULL
            return rows
        return bytes(self.buffer[: self.end * 8])

    def __dealloc__(self):
        if cython.compiled:
            Py_XDECREF(self.buffer)

    def order(self, order, kind_and_cause, finish, flags):
        """The order as it stands; ``flags`` are those of this step."""
        options: cython.longlong = self.table.words[order + O_EXTRA] >> 32
        row: cython.longlong
        if options != 0:
            self.room(2)
            self.options(order, options)
        row = self.room(1)
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
        row: cython.longlong
        if options == 0:
            return None
        row = self.room(1)
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
        if cython.compiled:
            return cython.cast(cython.p_char, cython.address(self.words[start]))[: (self.end - start) * 8]
        return bytes(self.buffer[start * 8 : self.end * 8])
